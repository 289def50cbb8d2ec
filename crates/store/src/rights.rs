//! Rights: each verb is declared with the one that it needs, and checked in one place.

use dialdeck_core::domain::{Authority, DeckId};

/// A store that was opened with an authority.
pub(crate) trait Restricted {
    /// Returns the authority.
    fn authority(&self) -> Authority;

    /// Replaces the authority.
    fn restrict_to(&mut self, who: Authority);

    /// Returns the deck's identity.
    fn identity(&self) -> DeckId;
}

/// A handle by which verbs are called: a store itself, or the one of its engine.
pub(crate) trait Handle: Send {
    /// The store that it leads to.
    type Store: Restricted;

    /// Returns the store.
    fn store(&self) -> &Self::Store;

    /// Returns the store, to be changed.
    fn store_mut(&mut self) -> &mut Self::Store;
}

/// Declares a trait of verbs, which the handles named by `for` have, and a second one of the same verbs that
/// stores implement without a check.
///
/// Each verb begins with the right that it needs: `[Right::Lists]`, `[any]` if it changes nothing, or
/// `[inside]` if the right follows from what is stored, so that the verb itself checks it within its
/// transaction. The verb of the first trait checks the right and calls that of the second.
macro_rules! verbs {
    (
        $(#[$docs:meta])*
        pub trait $public:ident: $super:ident by $private:ident for $handle:path {
            $(plain { $($declared:tt)* } by { $($defined:tt)* })?
            $(
                $(#[$verb_docs:meta])*
                [$($right:tt)+] fn $name:ident(
                    &mut self $(, $arg:ident: $type:ty)* $(,)?
                ) -> $returned:ty;
            )*
        }
    ) => {
        $(#[$docs])*
        pub trait $public: $super {
            $($($declared)*)?
            $(
                $(#[$verb_docs])*
                fn $name(&mut self $(, $arg: $type)*) -> $returned;
            )*
        }

        /// The same verbs, without a check of rights.
        pub(crate) trait $private {
            $(fn $name(&mut self $(, $arg: $type)*) -> $returned;)*
        }

        impl<H: $handle> $public for H
        where
            H::Store: $crate::verbs::Verbs,
        {
            $($($defined)*)?
            $(
                fn $name(&mut self $(, $arg: $type)*) -> $returned {
                    let store = $crate::rights::Handle::store_mut(self);
                    verbs!(@permit store, $($right)+);
                    $private::$name(store $(, $arg)*)
                }
            )*
        }
    };
    (@permit $store:expr, any) => {};
    (@permit $store:expr, inside) => {};
    (@permit $store:expr, $right:expr) => {
        $crate::moves::permit($crate::rights::Restricted::authority($store), $right)?;
    };
}
pub(crate) use verbs;

//! What every store must do, tested on each implementation, and both compared with each other.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops with a panic"
)]

macro_rules! contract {
    ($($scene:ident),+ $(,)?) => {
        mod over_memory {
            $(#[test]
            fn $scene() {
                super::$scene(&mut dialdeck_testkit::world::memory());
            })+
        }
        mod over_sqlite {
            $(#[test]
            fn $scene() {
                let folder = tempfile::tempdir().unwrap();
                super::$scene(&mut dialdeck_testkit::world::sqlite_engine(&folder));
            })+
        }
    };
}

mod caller_ids;
mod calls;
mod campaigns;
mod causes;
mod contacts;
mod corrections;
mod exchange;
mod groups;
mod imports;
mod incarnations;
mod listing;
mod model;
mod places;
mod processes;
mod rests;
mod roles;
mod sip_codes;
mod snapshots;
mod suppressions;
mod timing;

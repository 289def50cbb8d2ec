//! The nouns of the field, the law and the decision of dialdeck.
//!
//! Nothing here does I/O, reads a clock, draws a random number or waits: time is an argument.
//!
//! | module | owns |
//! |---|---|
//! | [`domain`] | the nouns and their legal moves |
//! | [`rules`] | embedded law and number tables |
//! | [`policy`] | whether to dial, which contact, from which number, what is next |

pub mod domain;
pub mod policy;
pub mod rules;

//! Real carriers' protocols against doubles of their servers, most of them in virtual time.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod bubblyphone;
mod campaigns;
use dialdeck_audit as judge;
mod http;
mod livekit;
mod plum;
mod program;
mod tls;

//! Tokens as the server checks them, by its own reckoning: nothing of the client's is used.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::World;

/// How far clocks may differ, in seconds.
const LEEWAY: i64 = 60;

/// HMAC-SHA256 of some bytes.
fn sign(secret: &str, bytes: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

/// A token with these claims.
pub(super) fn mint(secret: &str, claims: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(json!({"typ": "JWT", "alg": "HS256"}).to_string());
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = URL_SAFE_NO_PAD.encode(sign(secret, signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// The claims of a good token.
pub(super) fn check(world: &World, authorization: &str) -> Result<Value, &'static str> {
    let settings = world.settings();
    let token = authorization
        .strip_prefix("Bearer ")
        .ok_or("invalid authorization header")?;
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err("invalid token");
    };
    let read = |text: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok()
    };
    let signed = sign(&settings.secret, format!("{header}.{payload}").as_bytes());
    let header = read(header).ok_or("invalid token")?;
    let claims = read(payload).ok_or("invalid token")?;
    if claims["iss"] != settings.key {
        return Err("invalid API key");
    }
    if header["alg"] != "HS256" || URL_SAFE_NO_PAD.encode(signed) != signature {
        return Err("invalid token, error: signature");
    }
    let now = world.now().as_millis() / 1000 + settings.clock_ahead;
    let ends = claims["exp"].as_i64().ok_or("invalid token: no exp")?;
    let begins = claims["nbf"].as_i64().unwrap_or(0);
    if now > ends + LEEWAY || now < begins - LEEWAY {
        return Err("invalid token, error: time");
    }
    Ok(claims)
}

/// Whether these claims permit a method.
pub(super) fn permits(claims: &Value, method: &str, room: &str) -> bool {
    let (video, sip) = (&claims["video"], &claims["sip"]);
    match method {
        "SIP/CreateSIPParticipant" => sip["call"] == true,
        "SIP/ListSIPOutboundTrunk" => sip["admin"] == true,
        "RoomService/CreateRoom" | "RoomService/DeleteRoom" => video["roomCreate"] == true,
        "AgentDispatchService/ListDispatch"
        | "AgentDispatchService/CreateDispatch"
        | "AgentDispatchService/DeleteDispatch"
        | "RoomService/ListParticipants"
        | "RoomService/GetParticipant"
        | "RoomService/RemoveParticipant" => video["roomAdmin"] == true && video["room"] == room,
        _ => true,
    }
}

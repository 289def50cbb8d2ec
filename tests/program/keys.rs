//! The printed list of keys is the one that the console uses.

use dialdeck::tui::KeyMap;

#[test]
fn the_reference_lists_the_keys_as_they_are() {
    let page = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/docs/reference/keys.md"
    ))
    .unwrap();
    let (_, rest) = page.split_once("<!-- keys -->\n").unwrap();
    let (shown, _) = rest.split_once("<!-- /keys -->").unwrap();
    let actual = KeyMap::embedded().markdown();
    assert_eq!(
        shown, actual,
        "put this between the markers in docs/reference/keys.md:\n{actual}"
    );
}

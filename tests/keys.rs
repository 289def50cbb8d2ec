//! The README's list of keys is the one that the console uses.

use dialdeck::tui::keymap::KeyMap;

#[test]
fn the_readme_lists_the_keys_as_they_are() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, rest) = readme.split_once("<!-- keys -->\n").unwrap();
    let (shown, _) = rest.split_once("<!-- /keys -->").unwrap();
    let actual = KeyMap::embedded().markdown();
    assert_eq!(
        shown, actual,
        "put this between the markers in README.md:\n{actual}"
    );
}

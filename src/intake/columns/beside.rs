//! Columns that say more about the number to call: its extension, and whether a telephone is behind it.

use super::super::header;

/// Names of columns of extensions, each as returned by [`header::plain`].
const EXTENSIONS: &str = "ext extension extn phone_ext phone_extension ext_number extension_number ext_no \
    telephone_extension work_ext office_ext business_phone_ext work_phone_ext durchwahl nebenstelle poste anexo ramal";

/// Words by which a column says of what kind a number is.
const KINDS: [&str; 5] = ["type", "label", "kind", "art", "typ"];

/// Words that such a name has beside those of the column of the number.
const OF_NUMBERS: [&str; 12] = [
    "phone",
    "telephone",
    "tel",
    "number",
    "line",
    "value",
    "device",
    "of",
    "telefon",
    "telefono",
    "no",
    "is",
];

/// Returns whether a column holds the extensions of numbers.
pub(super) fn is_extension(name: &str) -> bool {
    let plain = header::plain(name);
    EXTENSIONS.split_whitespace().any(|known| known == plain)
}

/// Returns whether a column says of what kind the numbers of another column are: `Phone 1 - Type` and
/// `Phone 1 - Value`, `Line Type` and `Phone`.
pub(super) fn is_kind_of(name: &str, number: &str) -> bool {
    let (words, of_number) = (header::folded_words(name), header::folded_words(number));
    let kind = |word: &String| KINDS.contains(&word.as_str());
    let known = |word: &String| OF_NUMBERS.contains(&word.as_str()) || of_number.contains(word);
    let number = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
    let counted = words.iter().filter(|word| number(word));
    words.iter().any(kind)
        && words.len() > 1
        && words.iter().all(|word| kind(word) || known(word))
        && counted.eq(of_number.iter().filter(|word| number(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_belongs_to_its_number() {
        for (name, number) in [
            ("Phone Type", "Phone"),
            ("Line Type", "Mobile"),
            ("Phone 1 - Label", "Phone 1 - Value"),
            ("Number Type", "number"),
            ("Home Phone Type", "Home Phone"),
        ] {
            assert!(is_kind_of(name, number), "{name}");
        }
        for (name, number) in [
            ("Phone 2 - Label", "Phone 1 - Value"),
            ("Account Type", "Phone"),
            ("Type", "Phone"),
            ("Work Phone Type", "Home Phone"),
        ] {
            assert!(!is_kind_of(name, number), "{name}");
        }
        assert!(is_extension("Ext") && is_extension("Phone Ext.") && !is_extension("Next"));
    }
}

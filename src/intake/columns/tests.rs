//! Tests of what the columns of a header are taken for.

use super::*;

fn origin() -> Origin {
    Origin::Bytes("list.csv".to_owned(), Vec::new().into())
}

fn columns(names: &[&str], maps: &[&str]) -> Result<Columns, FileError> {
    let maps: Vec<ColumnMap> = maps.iter().map(|map| map.parse().unwrap()).collect();
    read(&origin(), &StringRecord::from(names.to_vec()), 1, &maps)
}

#[test]
fn fields_stand_in_their_order() {
    for (position, field) in Field::ALL.into_iter().enumerate() {
        assert_eq!(field as usize, position);
    }
}

#[test]
fn every_column_is_one_of_three() {
    let header = [
        "Fax",
        "Mobile",
        "Phone",
        "Zip",
        "Other Zip",
        "",
        "reject_reason",
        "Email Opt Out",
        "Opt Out",
    ];
    let table = columns(&header, &["fax=ignore"]).unwrap().table(&[]);
    let said: Vec<String> = table
        .iter()
        .map(|column| {
            let field = column.field.map_or("", Field::as_str);
            let note = column.note.as_deref().unwrap_or("");
            format!("{} {:?} {field} {note}", column.column, column.taken_for)
        })
        .collect();
    assert_eq!(
        said,
        [
            "Fax Ignored  ",
            "Mobile Variable  number is taken from `Phone`",
            "Phone Field number ",
            "Zip Field postal_code ",
            "Other Zip Variable  postal_code is taken from `Zip`, and from here where that is empty",
            "column_6 Variable  ",
            "reject_reason Ignored  ",
            "Email Opt Out Variable  about another channel than calls",
            "Opt Out Field do_not_call ",
        ]
    );
    let mapped = columns(&["Phone", "Mobile"], &["Mobile=number"]).unwrap();
    assert_eq!(mapped.name(Field::Number), "Mobile");
}

#[test]
fn a_slip_in_a_name_is_told_unless_the_column_is_there() {
    let misspelled = |header: &[&str]| -> Vec<(String, &str)> {
        let columns = columns(header, &[]).unwrap();
        let slips = columns.misspelled();
        slips
            .map(|(name, meant)| (name.to_owned(), meant))
            .collect()
    };
    let cases = [
        ("consnet", Some("consent")),
        ("Consentsource", Some("consent_source")),
        ("time zome", Some("time_zone")),
        ("zipcod", Some("zipcode")),
        ("priorty", Some("priority")),
        ("expire_at", Some("expires_at")),
        ("Provinse", Some("province")),
        ("time-zone", None),
        ("reason", None),
        ("note", None),
        ("zap", None),
    ];
    for (written, meant) in cases {
        let told: Vec<_> = meant
            .map(|meant| (written.to_owned(), meant))
            .into_iter()
            .collect();
        assert_eq!(misspelled(&["phone", written]), told);
    }
    assert!(misspelled(&["phone", "phone2", "name", "names"]).is_empty());
}

#[test]
fn a_wrong_header_is_answered_with_the_closest() {
    let fault = |header: &[&str], maps: &[&str]| columns(header, maps).unwrap_err().to_string();
    assert!(fault(&["Phnoe", "Name"], &[]).contains("`Phnoe` looks like `phone`"));
    let slip = columns(&["Phone", "Do Not Cal"], &[]).unwrap();
    assert!(slip.doubts().contains(&(1, Doubt::Named)));
    assert!(fault(&["Phone", "Mobile"], &["Mobil=number"]).contains("did you mean `Mobile`?"));
    let unknown = "Mobile=nubmer"
        .parse::<ColumnMap>()
        .unwrap_err()
        .to_string();
    assert!(unknown.contains("did you mean `number`?"), "{unknown}");
    assert!("Mobile".parse::<ColumnMap>().is_err());
}

#[test]
fn a_column_that_may_bind_is_named() {
    let hints = |name: &str| {
        let columns = columns(&["phone", name], &[]).unwrap();
        let mut hints = columns.unread_hints();
        hints.next().map(|(_, field)| field)
    };
    for (name, field) in [
        ("Property State", Some(Field::Region)),
        ("IP Timezone", Some(Field::TimeZone)),
        ("gmt_offset_now", Some(Field::TimeZone)),
        ("Country of birth", Some(Field::Country)),
        ("Opt In Date", Some(Field::ConsentAt)),
        ("TCPA Consent Date", Some(Field::ConsentAt)),
        ("Company", None),
        ("Estate", None),
    ] {
        assert_eq!(hints(name), field, "{name}");
    }
}

//! Tests of column names as usual programs write them.

use super::*;

fn field(name: &str) -> Option<Field> {
    match meaning(name) {
        Meaning::Field(field, _) => Some(field),
        Meaning::Unclear | Meaning::OtherChannel | Meaning::About(_) | Meaning::Other => None,
    }
}

#[test]
fn words_are_parted_by_whatever_joins_them() {
    for (name, expected) in [
        ("Mailing State/Province", "mailing_state_province"),
        ("MailingPostalCode", "mailing_postal_code"),
        ("HasOptedOutOfCall", "has_opted_out_of_call"),
        ("Phone 1 - Value", "phone_1_value"),
        ("DNCFlag__c", "dnc_flag"),
        ("  ZIP  code ", "zip_code"),
        ("Manager's Phone", "managers_phone"),
        ("phone2", "phone_2"),
        ("MSISDN", "msisdn"),
    ] {
        assert_eq!(plain(name), expected);
    }
}

/// Each field with names that are read as it.
const EXPORTS: [(Field, &str); 12] = [
    (
        Field::Number,
        "Phone; MobilePhone; Mobile Phone; HomePhone; OtherPhone; Phone Number; \
         Mobile Phone Number; Phone 1 - Value; Phone 2 - Value; Primary Phone; \
         Business Phone; Business Phone 2; Home Phone 2; Telephone 3; Mobile; Cell; \
         Contact Number; phone_no; number",
    ),
    (Field::FirstName, "First Name; FirstName; Given Name"),
    (Field::LastName, "Last Name; LastName; Family Name"),
    (Field::Name, "Name; Full Name; Contact Name; Lead Name"),
    (
        Field::Region,
        "ST; Prov; address1_stateorprovince; State; Province; State/Province; Mailing State/Province; MailingState; \
         State/Region; State/Region Code; Address 1 - Region; Home State; Business State; \
         Mailing State; Address 1: State/Province; Region; Other State/Province",
    ),
    (
        Field::PostalCode,
        "Postal; PLZ; ZIP; Zip Code; Zip/Postal Code; Mailing Zip/Postal Code; MailingPostalCode; \
         Postal Code; Postcode; Address 1 - Postal Code; Home Postal Code; Mailing Zip; \
         Address 1: ZIP/Postal Code; ZIP/Postal Code; Billing Zip/Postal Code",
    ),
    (
        Field::Country,
        "Phone Country; Country of Residence; Ctry; Country; Mailing Country; MailingCountry; Country/Region; Address 1 - Country; \
         Home Country/Region; Address 1: Country/Region; Business Country",
    ),
    (
        Field::CountryCode,
        "Dial Code; ISD Code; CC; Country Code; CountryCode; Mailing Country Code; Country/Region Code",
    ),
    (
        Field::DoNotCall,
        "Do Not Call; DoNotCall; PersonDoNotCall; do_not_call__c; DNC; DNC Flag; Opt Out; \
         Opted-Out; OptOut; HasOptedOutOfCall; Unsubscribed; SMS Opt Out; \
         Do not allow Phone Calls; Do Not Contact; Don't call; Phone Opt Out; DND; \
         Do Not Disturb; Suppressed; Blacklist; Litigator; CTPS; Consent Revoked; \
         Do not telephone",
    ),
    (
        Field::AskedNotToBeCalled,
        "Opt Out Date; Unsubscribed At; DNC Reason; opted_out_on; UNSUB_TIME; Date revoked",
    ),
    (
        Field::CallsAllowed,
        "Opt In; OK to call; Calls Allowed; Phone Opt-In",
    ),
    (Field::TimeZone, "Time Zone; TimeZone; hs_timezone; tz"),
];

/// Names of the exports of Salesforce, `HubSpot`, Google Contacts, Outlook, Zoho and Dynamics, as given in
/// their public lists of fields.
#[test]
fn usual_exports_are_understood() {
    for (expected, names) in EXPORTS {
        for name in names.split("; ") {
            assert_eq!(field(name), Some(expected), "{name}");
        }
    }
}

/// A permission that the name denies, or that has ended, is none. No list of such words is complete, so that any word
/// that is not known asks.
#[test]
fn a_permission_with_a_word_that_is_not_known_asks() {
    const NAMES: &str = "Not OK to call; Non-callable; No opt-in; Never opted in; Opt-in cancelled; Former opt-in; \
        Not subscribed; Isn't contactable; Opt-In Removed; OK to call - revoked; Can call (no); \
        Call permission denied; No longer opted in; Un-contactable; Do not opt in; Kein Opt-in; \
        Opt-in widerrufen; Geen opt-in; Sin opt-in; Opted in then out; Opt-in nej; Invalid opt-in";
    for name in NAMES.split("; ") {
        let meaning = meaning(name);
        let wish = matches!(
            meaning,
            Meaning::Unclear | Meaning::Field(Field::DoNotCall | Field::AskedNotToBeCalled, _)
        );
        assert!(wish, "{name}: {meaning:?}");
    }
}

#[test]
fn what_is_about_something_else_is_left_alone() {
    for name in [
        "Email",
        "Account Name",
        "Company",
        "Phone Type",
        "Phone 1 - Type",
        "Phone Extension",
        "Fax",
        "Asst Phone",
        "Assistant's Phone",
        "Company Main Phone",
        "Account Number",
        "Customer Number",
        "Lead Number",
        "Number of calls",
        "City",
        "Lead Status",
        "Statement",
        "Notes",
        "Opt In Date",
        "Last Modified Date",
    ] {
        let meaning = meaning(name);
        let left = matches!(meaning, Meaning::Other | Meaning::About(_));
        assert!(left, "{name}: {meaning:?}");
    }
    for name in [
        "Email Opt Out",
        "HasOptedOutOfEmail",
        "Fax Opt Out",
        "Unsubscribed from all email",
        "Do not allow Bulk Emails",
    ] {
        assert_eq!(meaning(name), Meaning::OtherChannel, "{name}");
    }
    for name in [
        "DNC Checked",
        "Last DNC scrub",
        "DNC Id",
        "Do Not Sell",
        "Phone Calls",
        "Removed",
        "TCPA Consent",
        "Consent Status",
        "Phone Permission",
        "May we call",
    ] {
        assert_eq!(meaning(name), Meaning::Unclear, "{name}");
    }
}

#[test]
fn a_slip_in_do_not_call_is_seen() {
    for name in [
        "Do Not Cal",
        "DoNot Cll",
        "Dont Call Me",
        "Unsubscibed",
        "opted uot",
    ] {
        assert_eq!(nearly_never(name), name != "Dont Call Me", "{name}");
    }
    for name in [
        "Do Not Mail",
        "Do Not Sell",
        "Subscribed",
        "Output",
        "Calls",
    ] {
        assert!(!nearly_never(name), "{name}");
    }
}

#[test]
fn lists_of_numbers_name_their_columns() {
    for (name, expected) in [
        ("Home Phone", Listed::Numbers),
        ("Alt Phone", Listed::Numbers),
        ("Fax", Listed::Numbers),
        ("Number", Listed::Numbers),
        ("Phone Number", Listed::Numbers),
        ("Area Code", Listed::AreaCodes),
        ("Action", Listed::Changes),
        ("Date", Listed::Other),
        ("Account Number", Listed::Other),
        ("Phone Type", Listed::Unknown),
        ("Notes", Listed::Unknown),
        ("Customer ID", Listed::Other),
        ("Country", Listed::Countries),
        ("Country Code", Listed::Countries),
        ("Kontakt", Listed::Unknown),
    ] {
        assert_eq!(listed(name), expected, "{name}");
    }
}

#[test]
fn the_end_of_consent_is_a_field_of_its_own() {
    for name in [
        "consent_expires_at",
        "Consent Expiration",
        "consent_expires",
        "Consent Valid Until",
        "TCPA consent expiry",
        "TCPA_Consent_Expiry__c",
        "permission expires",
        "Consent end date",
        "opt in expires",
        "Opt-In Expiration Date",
        "Expiration of Consent",
        "ConsentExpiryDate",
        "Consent valid thru",
        "consent to",
        "EBR expires on",
        "Consent lapses",
        "Consent term",
    ] {
        let expected = Meaning::Field(Field::ConsentExpiresAt, 0);
        assert_eq!(meaning(name), expected, "{name}");
    }
    for name in [
        "opt out expires",
        "DNC expires",
        "consent date",
        "Consent valid from",
        "Consent source",
        "Expires",
        "Valid until",
        "Contract end date",
    ] {
        let other = meaning(name) != Meaning::Field(Field::ConsentExpiresAt, 0);
        assert!(other, "{name}");
    }
}

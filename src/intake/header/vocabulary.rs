//! The words of column names: of lists, and of the exports of usual CRM programs.

use super::Field;

/// Names that are understood as a whole, by field.
pub(super) const WHOLE: [(Field, &str); 10] = [
    (
        Field::Name,
        "name full_name contact_name lead_name customer_name person_name",
    ),
    (
        Field::FirstName,
        "first_name firstname given_name forename fname",
    ),
    (
        Field::LastName,
        "last_name lastname family_name surname lname",
    ),
    (
        Field::TimeZone,
        "time_zone timezone tz hs_timezone hs_time_zone iana_time_zone time_zone_name \
         timezone_name time_zone_iana timezone_iana local_time_zone local_timezone \
         time_zone_sid_key lead_timezone contact_timezone contact_time_zone customer_timezone",
    ),
    (Field::Consent, "consent consent_kind"),
    (Field::ConsentSource, "consent_source"),
    (
        Field::ConsentAt,
        "consent_at consent_date consented_at date_of_consent consent_timestamp consent_datetime \
         consent_time consent_date_time consent_given_on consent_given_at",
    ),
    (Field::Priority, "priority"),
    (
        Field::ExpiresAt,
        "expires_at expires expiry expiry_date expires_on expiration expiration_date valid_until \
         valid_till valid_through valid_thru valid_to",
    ),
    (Field::AreaCode, "area_code areacode npa phone_area_code"),
];

/// Names of the parts of an address, alone or after the words of [`ADDRESS`].
pub(super) const PLACES: [(Field, &str); 4] = [
    (
        Field::Region,
        "region state province state_province province_state state_region region_state \
         state_or_province state_or_region state_prov state_code province_code region_code \
         state_province_code state_region_code us_state state_name state_abbreviation \
         state_abbrev subdivision st prov prov_state stateprovince stateorprovince state_cd \
         state_us state_of_residence province_of_residence county_state",
    ),
    (
        Field::PostalCode,
        "postal_code postalcode postcode post_code zip zip_code zipcode zip_postal_code \
         postal_zip_code postal_code_zip zip_or_postal_code zip_postal zip_5 zip_4 us_zip \
         us_zip_code zip_code_5 5_digit_zip postal zip_cd plz",
    ),
    (
        Field::Country,
        "country country_region country_name country_or_region nation country_territory ctry land paese pais \
         cntry country_of_residence iso_country phone_country number_country pays",
    ),
    (
        Field::CountryCode,
        "country_code countrycode country_region_code country_iso country_iso_code \
         phone_country_code country_calling_code calling_code dialing_code dialling_code \
         country_dial_code phone_code intl_code dial_code dialling_prefix dialing_prefix isd \
         isd_code country_prefix prefix_country iso_country_code country_iso_2 country_iso_3 \
         iso_code_country cc international_code phone_prefix phone_calling_code",
    ),
];

/// Words before a part of an address, by how near that address is to the place where the person answers: 0 is
/// first.
pub(super) const ADDRESS: [(u8, &str); 5] = [
    (
        0,
        "address addr 1 street contact person lead customer client",
    ),
    (
        1,
        "mailing home primary residence residential permanent current",
    ),
    (2, "billing"),
    (3, "business work office shipping delivery"),
    (4, "other 2 3 secondary alternate"),
];

/// Words of which the name of a number's column has at least one.
pub(super) const NUMBER: &str = "number phone telephone tel mobile cell cellphone cellular msisdn landline \
    phonenumber";

/// Other words that the name of a number's column may have, by how near that number is to the person: 1 is
/// first.
pub(super) const BESIDE: [(u8, &str); 5] = [
    (
        1,
        "no num nr contact person lead customer client callee primary main preferred best \
         value e 164 full formatted to dial 1 call line",
    ),
    (2, "mobile cell cellphone cellular"),
    (3, "home personal private landline"),
    (4, "work business office direct day daytime evening night"),
    (
        5,
        "other alternate alternative alt secondary second third 2 3 4 5",
    ),
];

/// Words of columns that are about numbers but do not hold them.
pub(super) const BESIDES: &str = "type ext extension label status verified carrier owner source country \
    code area count calls notes note score attempts opt consent zone format";

/// Phrases that ask not to be called. Each matches at the beginning of a word.
pub(super) const NEVER: [&str; 36] = [
    " do not call",
    " do not phone",
    " do not contact",
    " do not dial",
    " do not ring",
    " do not allow",
    " dont call",
    " don t call",
    " dont contact",
    " donotcall",
    " donotphone",
    " donotcontact",
    " donotdial",
    " dnc ",
    " opt out",
    " opted out",
    " optout",
    " optedout",
    " unsubscribe",
    " no call",
    " no phone",
    " never call",
    " stop calling",
    " tps ",
    " ctps ",
    " dncl ",
    " dnd ",
    " do not disturb",
    " do not telephone",
    " do not solicit",
    " unsub ",
    " suppress",
    " blacklist",
    " blocklist",
    " revoke",
    " withdrawn",
];

/// Phrases for circumstances in which a contact must not be called, even if the person never asked: the
/// person died, is represented by a lawyer (15 U.S.C. 1692c(a)(2)), asked a collector to cease (1692c(c)), is
/// protected by a bankruptcy court (11 U.S.C. 362(a)(6)), or sues callers. Each matches at the beginning of a
/// word.
pub(super) const CLOSED: [&str; 34] = [
    " deceased",
    " decedent",
    " died ",
    " is dead ",
    " date of death",
    " death date",
    " death flag",
    " death indicator",
    " bankrupt",
    " chapter 7 ",
    " chapter 11 ",
    " chapter 13 ",
    " ch 7 ",
    " ch 13 ",
    " attorney",
    " atty ",
    " lawyer",
    " legal representation",
    " legally represented",
    " represented by",
    " represented ",
    " cease desist",
    " cease and desist",
    " cease communication",
    " cease contact",
    " cease call",
    " cease collect",
    " c and d ",
    " c d ",
    " litigat",
    " litigious",
    " lawsuit",
    " plaintiff",
    " suing ",
];

/// Words for a fault of a number, in a name with a word of [`NUMBER`] or of [`PARTY`].
pub(super) const WRONG: &str = "wrong bad invalid disconnected reassigned";

/// Words for the person that a wrong number reaches.
pub(super) const PARTY: &str = "party person contact";

/// Words by which a column of such circumstances says since when or why, not whether.
pub(super) const SINCE: &str = "date at on since timestamp reason filed";

/// Phrases that may ask not to be called or mean something different. Each matches at the beginning of a
/// word.
pub(super) const PERHAPS_NEVER: [&str; 10] = [
    " bk ",
    " disputed ",
    " do not ",
    " dont ",
    " don t ",
    " phone calls ",
    " marketing calls ",
    " may we call",
    " contact by phone",
    " contact by telephone",
];

/// Words of a column that may say, if it has no others, whether the person agreed to be called.
pub(super) const AGREED: &str = "consent consented permission call calls phone telephone contact to has have status \
    flag given obtained tcpa sms express prior written marketing y n yn";

/// Words of places and of dates that bind, in columns that are not understood.
pub(super) const BINDING: [(Field, &str); 6] = [
    (Field::TimeZone, "timezone tz gmt gmtoff utc olson"),
    (
        Field::Country,
        "country ctry cntry nation nationality pais land paese pays territory",
    ),
    (Field::Region, "state province prov st"),
    (
        Field::PostalCode,
        "zip zipcode postal postalcode postcode plz",
    ),
    (Field::ConsentAt, "consent consented optin opt"),
    (
        Field::ExpiresAt,
        "expires expiry expiration expire deadline",
    ),
];

/// Phrases that allow calls. Each matches at the beginning of a word.
pub(super) const ALLOWED: [&str; 20] = [
    " opt in",
    " opted in",
    " optin",
    " optedin",
    " subscribed ",
    " can call",
    " can be called",
    " ok to call",
    " may call",
    " may contact",
    " ok to contact",
    " can contact",
    " call allowed",
    " calls allowed",
    " phone allowed",
    " allow call",
    " allow phone",
    " callable ",
    " contactable ",
    " call permission",
];

/// Words for channels other than the telephone.
pub(super) const CHANNELS: &str = "email emails mail mails mailing fax faxes newsletter newsletters print letter \
    letters push web tracking bulk";

/// Words for the telephone, and for a contact by any channel.
pub(super) const TELEPHONE: &str = "call calls phone telephone sms text texts contact";

/// Words by which a column says when or why the person asked, not whether.
pub(super) const CIRCUMSTANCE: &str = "date at on time since timestamp reason source by method note notes comment comments \
    type list user channel expires until";

/// Words that make the meaning of a column uncertain.
pub(super) const UNCERTAIN: &str =
    "checked check scrub scrubbed verified cleared clean last updated count id";

/// Words of columns whose digits must not become numbers: dates, accounts, amounts.
pub(super) const OTHER: &str = "date time created modified updated added at since timestamp id uuid zip \
    postal postcode zipcode email amount price balance year age ssn account order case invoice ticket row \
    record house street serial member policy reference ref";

/// Words for consent, and for the relationships that count as consent.
pub(super) const CONSENTED: &str =
    "consent consents consented permission permissions optin optedin tcpa ebr pewc";

/// Words by which a column says when something ends.
pub(super) const ENDING: &str = "expires expire expired expiry expiration expirations expiring exp end ends \
    ended ending until till thru through valid validity lapse lapses lapsed terminates termination renewal \
    duration term";

/// Words by which a column says when consent begins, or gives its source or a note.
pub(super) const BEGINNING: &str = "from since start starts started begin begins source reason note notes comment \
    comments by user url link method proof";

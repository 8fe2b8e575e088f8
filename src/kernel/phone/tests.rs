//! What people write, what is stored, and who is one line.

use proptest::prelude::*;

use super::*;
use crate::kernel::schema::generator_of;

/// (country, as typed, stored)
const ACCEPTED: [(&str, &str, &str); 72] = [
    ("MX", "9711609009", "+529711609009"),
    ("MX", "971 160 9009", "+529711609009"),
    ("MX", "(971) 160-9009", "+529711609009"),
    ("MX", "971.160.9009", "+529711609009"),
    ("MX", "971-160-90-09", "+529711609009"),
    ("MX", "971\u{a0}160\u{a0}9009", "+529711609009"),
    ("MX", "971–160–9009", "+529711609009"),
    ("MX", "01 971 160 9009", "+529711609009"),
    ("MX", "01 (971) 160 9009", "+529711609009"),
    ("MX", "044 971 160 9009", "+529711609009"),
    ("MX", "045 971 160 9009", "+529711609009"),
    ("MX", "0 971 160 9009", "+529711609009"),
    ("MX", "52 971 160 9009", "+529711609009"),
    ("MX", "52 1 971 160 9009", "+529711609009"),
    ("MX", "5219711609009", "+529711609009"),
    ("MX", "+52 1 971 160 9009", "+529711609009"),
    ("MX", "+5219711609009", "+529711609009"),
    ("MX", "+52 (971) 160-9009", "+529711609009"),
    ("MX", "+52 01 971 160 9009", "+529711609009"),
    ("MX", "52 01 971 160 9009", "+529711609009"),
    ("MX", "0052 971 160 9009", "+529711609009"),
    ("MX", "(+52) 971 160 9009", "+529711609009"),
    ("MX", "'9711609009", "+529711609009"),
    ("MX", "9711609009.0", "+529711609009"),
    ("MX", "\u{202a}+52 971 160 9009\u{202c}", "+529711609009"),
    ("MX", "Tel. 971 160 9009", "+529711609009"),
    ("MX", "Cel: 971 160 9009", "+529711609009"),
    ("MX", "tel:+529711609009", "+529711609009"),
    ("MX", "971 160 9009 ext. 12", "+529711609009"),
    ("MX", "971 160 9009 x12", "+529711609009"),
    ("MX", "971 160 9009 Ext 1234", "+529711609009"),
    ("MX", "971 160 9009 extensión 12", "+529711609009"),
    ("MX", "971 160 9009 (ext. 12)", "+529711609009"),
    ("MX", "971 160 9009 #12", "+529711609009"),
    ("MX", "55 1703 7908", "+525517037908"),
    ("MX", "525 170 3790", "+525251703790"),
    ("MX", "800 123 4567", "+528001234567"),
    ("MX", "01 800 123 4567", "+528001234567"),
    ("MX", "1 305 555 1234", "+13055551234"),
    ("MX", "+1 (305) 555-1234", "+13055551234"),
    ("MX", "+44 (0)20 7946 0958", "+442079460958"),
    ("MX", "+9991234567", "+9991234567"),
    ("MX", "+1234567", "+1234567"),
    ("BR", "+5511 8765-4321", "+551187654321"),
    ("BR", "+55 11 98765-4321", "+5511987654321"),
    ("BR", "(11) 98765-4321", "+5511987654321"),
    ("BR", "(11) 8765-4321", "+551187654321"),
    ("BR", "011 98765-4321", "+5511987654321"),
    ("BR", "0 15 11 98765-4321", "+5511987654321"),
    ("BR", "55 11 98765 4321", "+5511987654321"),
    ("BR", "11 3333-4444", "+551133334444"),
    ("BR", "+55 011 98765-4321", "+5511987654321"),
    ("BR", "11 98765-4321 ramal 3", "+5511987654321"),
    ("AR", "11 1234-5678", "+541112345678"),
    ("AR", "011 15 1234-5678", "+5491112345678"),
    ("AR", "0351 15 412-3456", "+5493514123456"),
    ("AR", "+54 9 11 1234-5678", "+5491112345678"),
    ("AR", "+54 11 15 1234-5678", "+5491112345678"),
    ("AR", "54 9 11 1234 5678", "+5491112345678"),
    ("AR", "+54 11 1234 5678", "+541112345678"),
    ("CO", "300 123 4567", "+573001234567"),
    ("CO", "57 300 123 4567", "+573001234567"),
    ("CO", "(601) 123 4567", "+576011234567"),
    ("CL", "9 8765 4321", "+56987654321"),
    ("CL", "09 8765 4321", "+56987654321"),
    ("PE", "987 654 321", "+51987654321"),
    ("PE", "(01) 123 4567", "+5111234567"),
    ("CR", "8888-7777", "+50688887777"),
    ("GT", "5123 4567", "+50251234567"),
    ("EC", "099 123 4567", "+593991234567"),
    ("US", "011 52 971 160 9009", "+529711609009"),
    ("ES", "612 34 56 78", "+34612345678"),
];

/// (country, as typed)
const REFUSED: [(&str, &str); 27] = [
    ("MX", ""),
    ("MX", "   "),
    ("MX", "0000000000"),
    ("MX", "9999999999"),
    ("MX", "000-000-0000"),
    ("MX", "123456"),
    ("MX", "160 9009"),
    ("MX", "971 160 900"),
    ("MX", "97114148662"),
    ("MX", "938381445941"),
    ("MX", "1234567890123456"),
    ("MX", "0971609009"),
    ("MX", "no tiene"),
    ("MX", "n/a"),
    ("MX", "971 160 9009 Juan"),
    ("MX", "971 160 9009 / 971 222 3344"),
    ("MX", "971ABC9009"),
    ("MX", "9.71161E+09"),
    ("MX", "++52 971 160 9009"),
    ("MX", "971+1609009"),
    ("MX", "971\u{0}1609009"),
    ("MX", "+0529711609009"),
    ("MX", "+52971"),
    ("MX", "ana@empresa.mx"),
    ("AR", "15 1234-5678"),
    ("BR", "98765-4321"),
    ("AQ", "9711609009"),
];

fn country(code: &str) -> Country {
    Country::parse(code).unwrap()
}

#[test]
fn spellings_are_stored_in_e164() {
    for (code, typed, stored) in ACCEPTED {
        let phone = Phone::parse(typed, country(code)).map_err(|invalid| invalid.to_string());
        assert_eq!(phone.as_ref().map(Phone::as_str), Ok(stored), "{code} {typed:?}");
    }
}

#[test]
fn nonsense_is_refused() {
    for (code, typed) in REFUSED {
        assert!(Phone::parse(typed, country(code)).is_err(), "{code} {typed:?}");
    }
}

#[test]
fn a_local_number_is_told_to_bring_its_area_code() {
    let refusal = Phone::parse("160 9009", Country::MEXICO).unwrap_err();
    assert!(refusal.0.en.contains("area code") && refusal.0.es.contains("lada"), "{refusal}");
}

#[test]
fn one_line_has_one_key_however_it_is_written() {
    for (one, other) in [
        ("+5219711609009", "+529711609009"),
        ("+551187654321", "+5511987654321"),
        ("+554166667777", "+5541966667777"),
        ("+5491112345678", "+541112345678"),
        ("+54 11 15 1234-5678", "+54 9 11 1234 5678"),
        ("+54 351 15 412 3456", "+54 9 351 412 3456"),
    ] {
        let key = |text| Phone::parse(text, Country::MEXICO).unwrap().identity();
        assert_eq!(key(one), key(other), "{one} {other}");
    }
}

#[test]
fn different_lines_have_different_keys() {
    for (one, other) in [
        ("+551133334444", "+5511933334444"),
        ("+529711609009", "+529711609008"),
        ("+541112345678", "+541112345679"),
        ("+13055551234", "+523055551234"),
    ] {
        let key = |text| Phone::parse(text, Country::MEXICO).unwrap().identity();
        assert_ne!(key(one), key(other), "{one} {other}");
    }
}

#[test]
fn json_takes_e164_only() {
    assert!(serde_json::from_str::<Phone>("\"9711609009\"").is_err());
    let phone: Phone = serde_json::from_str("\"+5219711609009\"").unwrap();
    assert_eq!(serde_json::to_string(&phone).unwrap(), "\"+529711609009\"");
}

proptest! {
    #[test]
    fn everything_that_the_schema_describes_is_accepted(
        text in proptest::string::string_regex(&generator_of(&SCHEMA.schema())).unwrap()
    ) {
        let phone = Phone::parse(&text, Country::BRAZIL).unwrap();
        prop_assert_eq!(&Phone::parse(phone.as_str(), Country::MEXICO).unwrap(), &phone);
    }

    #[test]
    fn what_is_stored_reads_back_as_itself_and_keys_are_stable(
        typed in "[+(]?[0-9 ().-]{7,20}",
        code in proptest::sample::select(vec!["MX", "BR", "AR", "CO", "US", "ES", "CL", "IT"]),
    ) {
        if let Ok(phone) = Phone::parse(&typed, country(code)) {
            let again = Phone::parse(phone.as_str(), Country::MEXICO).unwrap();
            prop_assert_eq!(again.as_str(), phone.as_str());
            let key = Phone::parse(&phone.identity(), Country::MEXICO).unwrap();
            prop_assert_eq!(key.identity(), phone.identity());
        }
    }

    #[test]
    fn punctuation_does_not_matter(subscriber in "[2-9][0-9]{9}") {
        prop_assume!(subscriber.bytes().any(|digit| digit != subscriber.as_bytes()[0]));
        let (area, rest) = subscriber.split_at(3);
        let plain = Phone::parse(&subscriber, Country::MEXICO).unwrap();
        for typed in [format!("({area}) {rest}"), format!("01 {area}-{rest}"), format!("+52 1 {area} {rest}")] {
            prop_assert_eq!(&Phone::parse(&typed, Country::MEXICO).unwrap(), &plain);
        }
    }

    #[test]
    fn no_text_breaks_the_parser(typed in ".*", code in "[A-Z]{2}") {
        if let Ok(default) = Country::parse(&code) {
            let _ = Phone::parse(&typed, default);
        }
    }
}

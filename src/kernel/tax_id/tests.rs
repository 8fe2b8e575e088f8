//! Identifiers of seven countries, right, wrong and suspicious.

use proptest::prelude::*;

use super::*;

fn parse(country: &str, text: &str) -> Result<TaxId, Invalid> {
    TaxId::parse(text, Country::parse(country).unwrap())
}

#[test]
fn identifiers_with_a_right_check_digit() {
    for (country, text, value) in [
        ("MX", "EKU9003173C9", "EKU9003173C9"),
        ("MX", "misc-491214-b86", "MISC491214B86"),
        ("MX", "H&E951128469", "H&E951128469"),
        ("MX", "hañ930228sm9", "HAÑ930228SM9"),
        ("MX", "CAÑF770131PA3", "CAÑF770131PA3"),
        ("MX", "XAXX010101000", "XAXX010101000"),
        ("MX", "XEXX010101000", "XEXX010101000"),
        ("CO", "213.123.432-1", "2131234321"),
        ("CL", "76.086.428-5", "760864285"),
        ("PE", "20512333797", "20512333797"),
        ("AR", "20-05536168-2", "20055361682"),
        ("BR", "390.533.447-05", "39053344705"),
        ("BR", "16.727.230/0001-97", "16727230000197"),
        ("BR", "12.abc.345/01de-35", "12ABC34501DE35"),
    ] {
        let tax_id = parse(country, text).unwrap();
        assert_eq!((tax_id.as_str(), tax_id.check_digit_ok()), (value, Some(true)), "{country} {text}");
    }
}

#[test]
fn a_wrong_check_digit_is_a_warning() {
    for (country, text) in [
        ("MX", "EKU9003173C8"),
        ("MX", "MISC491214B8A"),
        ("CO", "213.123.432-2"),
        ("CL", "76.086.428-K"),
        ("PE", "20512333798"),
        ("AR", "20-05536168-3"),
        ("BR", "390.533.447-06"),
        ("BR", "16.727.230/0001-98"),
    ] {
        assert_eq!(parse(country, text).unwrap().check_digit_ok(), Some(false), "{country} {text}");
    }
}

#[test]
fn countries_without_a_known_rule_take_any_identifier() {
    for (country, text, value) in [
        ("CR", "3-101-999999", "3101999999"),
        ("GT", "123456-k", "123456K"),
        ("US", "12-3456789", "123456789"),
    ] {
        let tax_id = parse(country, text).unwrap();
        assert_eq!((tax_id.as_str(), tax_id.check_digit_ok()), (value, None));
    }
}

#[test]
fn wrong_shapes_are_refused() {
    let long = "A".repeat(61);
    for (country, text) in [
        ("MX", ""),
        ("MX", "EKU900317"),
        ("MX", "EKU9013173C9"),
        ("MX", "EKU9002303C9"),
        ("MX", "EKU9003173CB"),
        ("MX", "EKU90031Ñ3C9"),
        ("MX", "E1U9003173C9"),
        ("MX", "EKUÁ9003173C9"),
        ("MX", "EKU9003173C9\0"),
        ("CO", "12345"),
        ("CL", "76.086.42K-5"),
        ("PE", "30512333797"),
        ("PE", "ñ0512333797"),
        ("AR", "2005536168"),
        ("BR", "111.111.111-11"),
        ("BR", "16.727.230/0001-9X"),
        ("CR", "12345678"),
        ("US", "ñ"),
        ("US", &long),
    ] {
        assert!(parse(country, text).is_err(), "{country} {text:?}");
    }
}

#[test]
fn two_identifiers_of_mexico_stand_for_many() {
    for (country, text, is_shared) in [
        ("MX", "XAXX010101000", true),
        ("MX", "XEXX010101000", true),
        ("MX", "EKU9003173C9", false),
        ("GT", "XAXX010101000", false),
    ] {
        assert_eq!(parse(country, text).unwrap().is_shared(), is_shared, "{country} {text}");
    }
}

#[test]
fn dates_of_either_century_count() {
    assert!(parse("MX", "ABC000229AB1").is_ok(), "2000 had a 29 February");
    assert!(parse("MX", "ABC010229AB1").is_err(), "neither 1901 nor 2001 had one");
}

proptest! {
    #[test]
    fn exactly_one_check_character_is_right(letters in "[A-ZÑ&]{3,4}", clave in "[A-Z0-9]{2}") {
        let right = "0123456789A".chars().filter(|check| {
            let rfc = parse("MX", &format!("{letters}850615{clave}{check}")).unwrap();
            rfc.check_digit_ok() == Some(true)
        });
        prop_assert_eq!(right.count(), 1);
    }

    #[test]
    fn no_text_breaks_the_parser(text in ".*", code in "(MX|CO|CL|PE|AR|BR|CR|US)") {
        if let Ok(tax_id) = parse(&code, &text) {
            let _ = tax_id.check_digit_ok();
            prop_assert_eq!(parse(&code, tax_id.as_str()), Ok(tax_id.clone()));
        }
    }
}

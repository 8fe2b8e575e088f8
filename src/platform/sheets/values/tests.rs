//! What people write into cells.

use super::*;

#[test]
fn sizes_are_lower_bounds_of_at_least_one() {
    for (cell, count) in [
        ("25", 25),
        ("1,250", 1_250),
        ("1.250", 1_250),
        ("1 250 empleados", 1_250),
        ("10 250", 10_250),
        ("10 25", 10),
        ("1250.0", 1_250),
        ("0 a 5 personas", 1),
        ("6 a 10 personas", 6),
        ("251 y más personas", 251),
        ("11-50", 11),
        ("11 – 50", 11),
        ("Más de 500", 500),
        (">500", 500),
        ("500+", 500),
        ("entre 10 y 20", 10),
        ("hasta 10", 1),
        ("<10", 1),
        ("0", 1),
    ] {
        assert_eq!(employee_count(cell).ok(), Some(count), "{cell}");
    }
    for cell in ["", "muchos", "-5", "01-oct", "oct-10", "1/10", "12.5", "99999999999", "Ana 5"] {
        assert!(employee_count(cell).is_err(), "{cell}");
    }
}

#[test]
fn revenues_are_exact_in_either_notation() {
    for (cell, amount) in [
        ("$1,234,567.50 MXN", "1234567.50 MXN"),
        ("1.234.567,50", "1234567.50 MXN"),
        ("1234567.5", "1234567.50 MXN"),
        ("1,234", "1234.00 MXN"),
        ("1.234", "1234.00 MXN"),
        ("1234.567", "1234.57 MXN"),
        ("0.125", "0.13 MXN"),
        ("12,5", "12.50 MXN"),
        ("1 234 567", "1234567.00 MXN"),
        ("US$ 1,000", "1000.00 USD"),
        ("1000 dólares", "1000.00 USD"),
        ("R$ 1.000,00", "1000.00 BRL"),
        ("1500 CLP", "1500 CLP"),
        ("1.5 millones", "1500000.00 MXN"),
        ("3 mdp", "3000000.00 MXN"),
        ("500 mil pesos", "500000.00 MXN"),
        ("0", "0.00 MXN"),
    ] {
        let money = annual_revenue(cell, Currency::MXN).map(|money| money.to_string());
        assert_eq!(money, Ok(amount.to_owned()), "{cell}");
    }
    for cell in
        ["", "mucho", "-5", "-$500", "(500)", "1e9", "99999999999999999999", "5%", "ana@a.mx", "10 a 20"]
    {
        assert!(annual_revenue(cell, Currency::MXN).is_err(), "{cell}");
    }
    // Each word is a factor, and together they are more than a number can be.
    assert!(annual_revenue(&format!("5{}", " millones".repeat(6)), Currency::MXN).is_err());
}

#[test]
fn dates_are_day_first_or_iso_in_the_tenants_zone() {
    for (cell, moment) in [
        ("2024-03-31", "2024-03-31T06:00:00Z"),
        ("31/03/2024", "2024-03-31T06:00:00Z"),
        ("1/3/2024", "2024-03-01T06:00:00Z"),
        ("31-03-24", "2024-03-31T06:00:00Z"),
        ("31.03.1999", "1999-03-31T06:00:00Z"),
        ("31/03/2024 10:20", "2024-03-31T16:20:00Z"),
        ("31/03/2024 04:05 p. m.", "2024-03-31T22:05:00Z"),
        ("2024-03-31 10:20:30.5", "2024-03-31T16:20:30.500Z"),
        ("2024-03-31T10:20:30Z", "2024-03-31T10:20:30Z"),
        ("2024-03-31T10:20:30-06:00", "2024-03-31T16:20:30Z"),
        ("2022-04-03 02:30", "2022-04-03T08:30:00Z"),
    ] {
        let expected = DateTime::parse_from_rfc3339(moment).unwrap().to_utc();
        assert_eq!(date_time(cell, TimeZone::MEXICO_CITY), Ok(expected), "{cell}");
    }
    for cell in [
        "",
        "2010-07",
        "03/31/2024",
        "31/02/2024",
        "hoy",
        "45382",
        "2024-03-31 25:00",
        "31/03/024",
        "+1/3/2024",
    ] {
        assert!(date_time(cell, TimeZone::MEXICO_CITY).is_err(), "{cell}");
    }
}

#[test]
fn several_contacts_in_a_cell_are_told_apart() {
    for (cell, phones) in [
        ("971 111 2233 / 971 222 3344", &["971 111 2233", "971 222 3344"][..]),
        ("9711112233;9712223344", &["9711112233", "9712223344"]),
        ("9711112233 9712223344", &["9711112233", "9712223344"]),
        ("971 111 2233 y 971 222 3344", &["971 111 2233", "971 222 3344"]),
        ("971/111 22 33", &["971/111 22 33"]),
        ("971 111 2233, ext. 12", &["971 111 2233, ext. 12"]),
        ("971 111 2233 /", &["971 111 2233 /"]),
        ("", &[]),
    ] {
        assert_eq!(split_phones(cell), phones, "{cell}");
    }
    assert_eq!(split_emails("Ana <ana@a.mx>; luis@a.mx,"), ["ana@a.mx", "luis@a.mx"]);
    assert_eq!(split_emails("mailto:ana@a.mx"), ["ana@a.mx"]);
    assert_eq!(split_emails("no tengo"), ["no tengo"]);
}

//! What rows of real spreadsheets come to.

use chrono::{DateTime, Utc};

use super::{Candidate, read_row};
use crate::kernel::{Country, Currency, FieldSet, Line, Message, TimeZone};
use crate::leads::domain::Status;
use crate::leads::imports::vocabulary::LEAD;
use crate::platform::sheets::decode::Sheet;
use crate::platform::sheets::mapping::Mapping;
use crate::platform::transfers::{Name, RowContext, Settings};

fn now() -> DateTime<Utc> {
    "2026-11-22T18:00:00Z".parse().unwrap()
}

fn read(header: &str, row: &str) -> Result<Candidate, Message> {
    let sheet = Sheet::open(format!("{header}\n{row}\n").into_bytes()).unwrap();
    let draft = Mapping::guess(&LEAD, sheet.headers()).apply(&sheet.rows().next().unwrap().unwrap());
    let settings = Settings { source: Line::parse("feria").unwrap(), ..Settings::default() };
    let context = RowContext {
        settings,
        country: Country::MEXICO,
        currency: Currency::MXN,
        zone: TimeZone::MEXICO_CITY,
        fields: FieldSet::default(),
    };
    read_row(draft, &context, now())
}

#[test]
fn a_missing_company_is_stood_in_for() {
    for (row, name, kind) in [
        ("Nájera,Inés,ines@a.mx,9711609009", "Nájera", Name::Given),
        (",Inés,ines@a.mx,9711609009", "Inés", Name::Borrowed),
        (",,ines@a.mx,9711609009", "ines@a.mx", Name::Borrowed),
        (",,,9711609009", "+529711609009", Name::Borrowed),
    ] {
        let candidate = read("empresa,contacto,correo,telefono", row).unwrap();
        assert_eq!((candidate.details.company_name.as_str(), candidate.name), (name, kind), "{row}");
    }
}

#[test]
fn a_row_without_a_way_to_reach_anybody_is_refused() {
    for (row, words) in [
        ("Nájera,,", "neither an e-mail nor a phone"),
        ("Nájera,n/a,-", "neither an e-mail nor a phone"),
        ("Nájera,no tengo,", "can be read: This is not an e-mail address"),
        ("Nájera,,12", "can be read: The telephone number has fewer than 7 digits"),
    ] {
        let reason = read("empresa,correo,telefono", row).unwrap_err();
        assert!(reason.en.contains(words), "{row}: {}", reason.en);
    }
    let long = "x".repeat(300);
    let reason = read("empresa,correo", &format!("{long},a@b.mx")).unwrap_err();
    assert!(reason.es.starts_with("company_name: El texto tiene más de 255"), "{}", reason.es);
}

#[test]
fn what_cannot_be_read_is_kept() {
    for (header, cell, field) in [
        ("correo", "no tengo", "email_original"),
        ("sitio web", "no es", "website_original"),
        ("empleados", "muchos", "employee_count_original"),
        ("ingresos", "bastante", "annual_revenue_original"),
        ("estatus", "en la luna", "status_original"),
        ("estatus", "ganado", "status_original"),
        ("fecha de alta", "2010-07", "created_at_original"),
        ("fecha de alta", "2030-01-01", "created_at_original"),
        ("fecha de alta", "1815-01-01", "created_at_original"),
        ("vendedor", "Ana", "owner_email_original"),
    ] {
        let candidate = read(&format!("telefono,{header}"), &format!("9711609009,{cell}")).unwrap();
        assert_eq!(candidate.details.custom_fields[field], cell, "{header}");
        assert_eq!((candidate.status, candidate.created_at), (Status::New, None), "{header}");
    }
}

#[test]
fn further_addresses_and_numbers_are_kept() {
    let row = "a@b.mx; c@d.mx,971 160 9009 / 971 113 5736,12";
    let details = read("correo,telefono,celular", row).unwrap().details;
    assert_eq!(details.email.unwrap().as_str(), "a@b.mx");
    assert_eq!(details.phone.unwrap().as_str(), "+529711609009");
    assert_eq!(details.custom_fields["other_emails"], "c@d.mx");
    assert_eq!(details.custom_fields["other_phones"], "+529711135736");
    assert_eq!(details.custom_fields["phone_original"], "12");
}

#[test]
fn the_fields_of_a_lead_are_filled() {
    let header =
        "empresa,correo,estatus,fecha de alta,vendedor,empleados,ingresos,etiquetas,utm_source,origen";
    let row =
        "Nájera,a@b.mx,Perdido,31/03/2024 10:20,ana@c.mx,11 a 30,\"$1,500.50\",istmo|taller,facebook,web";
    let candidate = read(header, row).unwrap();
    let details = &candidate.details;
    assert_eq!(candidate.status, Status::Disqualified);
    assert_eq!(candidate.created_at, Some("2024-03-31T16:20:00Z".parse().unwrap()));
    assert_eq!(candidate.owner.unwrap().as_str(), "ana@c.mx");
    assert_eq!((details.employee_count, details.annual_revenue.unwrap().minor()), (Some(11), 150_050));
    assert_eq!(details.tags.len(), 2);
    assert_eq!(candidate.touch.unwrap().source.as_deref(), Some("facebook"));
    assert_eq!(details.source.as_str(), "web");
    assert_eq!(read("empresa,correo", "N,a@b.mx").unwrap().details.source.as_str(), "feria");
}

//! What the names of columns mean.

use crate::platform::sheets::mapping::{Meaning, words};

/// Normalised names and what they mean. `Estado` alone is left out: it is a region as often as a status.
#[rustfmt::skip]
pub(super) const NAMES: &[(&[&str], Meaning)] = &[
    (words::COMPANY, Meaning::Field("company_name")),
    (words::LEGAL_NAME, Meaning::LegalName),
    (words::CLIENT, Meaning::LegalName),
    (words::BARE_NAME, Meaning::BareName),
    (words::GIVEN_NAME, Meaning::GivenName),
    (words::SURNAME, Meaning::Surname),
    (words::CONTACT, Meaning::Field("contact_name")),
    (words::EMAIL, Meaning::Field("email")),
    (words::PHONE, Meaning::Field("phone")),
    (words::WEBSITE, Meaning::Field("website")),
    (words::TAGS, Meaning::Field("tags")),
    (words::NOTES, Meaning::Field("notes")),
    (words::OWNER, Meaning::Field("owner_email")),
    (words::EXTERNAL_ID, Meaning::ExternalId),
    (&[
        "industria", "giro", "giro actividad", "giro o actividad", "giro comercial", "giro de la empresa",
        "giro del negocio", "actividad", "actividad economica", "nombre act", "nombre de la actividad", "sector",
        "rubro", "ramo", "industria o sector", "sector industrial", "industry", "vertical", "business type",
        "setor", "industria setor", "segmento", "ramo de atividade", "atividade",
    ], Meaning::Field("industry")),
    (&[
        "per ocu", "personal ocupado", "empleados", "no de empleados", "no empleados", "n de empleados",
        "num empleados", "num de empleados", "numero de empleados", "cantidad de empleados",
        "numero de trabajadores", "trabajadores", "plantilla", "tamano", "tamano de la empresa",
        "tamano de empresa", "employees", "employee count", "number of employees", "no of employees",
        "company size", "headcount", "funcionarios", "numero de funcionarios", "numero de empregados",
        "tamanho da empresa",
    ], Meaning::Field("employee_count")),
    (&[
        "ingresos", "ingresos anuales", "ingreso anual", "facturacion", "facturacion anual", "ventas anuales",
        "venta anual", "annual revenue", "revenue", "annual sales", "yearly revenue", "receita anual",
        "faturamento", "faturamento anual",
    ], Meaning::Field("annual_revenue")),
    (&[
        "fuente", "origen", "canal", "procedencia", "medio de contacto", "fuente original", "fuente del lead",
        "fuente de lead", "fuente del prospecto", "origen del lead", "origen del prospecto", "origen del contacto",
        "como nos conocio", "como se entero", "fuente de trafico original", "source", "lead source",
        "original source", "original traffic source", "channel", "fonte", "origem", "origem do lead",
    ], Meaning::Field("source")),
    (&[
        "estatus", "status", "situacion", "etapa", "fase", "estado del lead", "estado de lead",
        "estado del prospecto", "estatus del lead", "estatus del prospecto", "lead status", "stage", "lead stage",
        "estagio", "situacao", "status do lead",
    ], Meaning::Field("status")),
    (&[
        "created at", "create date", "created on", "created", "date created", "creation date", "fecha de creacion",
        "fecha creacion", "creado", "creado el", "creado en", "fecha de registro", "fecha registro",
        "fecha de alta", "fecha de captura", "data de criacao", "criado em",
    ], Meaning::Field("created_at")),
    (&[
        "utm source", "utm fuente",
    ], Meaning::Field("utm_source")),
    (&[
        "utm medium", "utm medio",
    ], Meaning::Field("utm_medium")),
    (&[
        "utm campaign", "utm campana", "utm campanha",
    ], Meaning::Field("utm_campaign")),
];

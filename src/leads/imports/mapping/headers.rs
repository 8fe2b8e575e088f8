//! What the names of columns mean, in Spanish, English and Portuguese.
//!
//! Sources: the exports of `HubSpot` and Odoo in their Spanish and English editions, the DENUE of INEGI, and what people
//! write by hand. Names are compared without accents, case and punctuation; a bracketed remark and a number at the end
//! (`Teléfono 2 (a 10 dígitos)`) are dropped when the whole name is not known.

use super::Field;
use crate::kernel::text;

/// What a column's name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A field for sure.
    Field(Field),
    /// The company's legal name: its name where there is no better one.
    LegalName,
    /// `Nombre`: a company's or a person's.
    BareName,
    /// A person's given names.
    GivenName,
    /// A person's surnames.
    Surname,
}

/// What `header` means, if it is known.
pub(super) fn meaning(header: &str) -> Option<Meaning> {
    let whole = normal(header);
    known(&whole).or_else(|| {
        let without_remark = normal(header.split(['(', '[', ':']).next().unwrap_or_default());
        let without_number = without_remark.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
        known(without_number)
    })
}

/// A name as it is compared: folded, punctuation as spaces.
pub(super) fn normal(header: &str) -> String {
    let folded = text::fold(header);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn known(name: &str) -> Option<Meaning> {
    let line = NAMES.iter().find(|(names, _)| names.contains(&name));
    line.map(|(_, meaning)| meaning.clone()).or_else(|| {
        let is_external_id = EXTERNAL_ID.contains(&name);
        is_external_id.then(|| Meaning::Field(Field::Custom("external_id".to_owned())))
    })
}

const EXTERNAL_ID: &[&str] = &[
    "id",
    "record id",
    "id de registro",
    "external id",
    "id externo",
    "id do registro",
    "lead id",
    "contact id",
];

/// Normalised names and what they mean. `Estado` alone is left out: it is a region as often as a status.
#[rustfmt::skip]
static NAMES: &[(&[&str], Meaning)] = &[
    (&["empresa", "nombre comercial", "nombre de la empresa", "nombre empresa", "nom estab", "negocio",
       "nombre del negocio", "nombre de negocio", "establecimiento", "nombre del establecimiento", "compania",
       "nombre de la compania", "organizacion", "cuenta", "nombre de la cuenta", "empresa asociada", "comercio",
       "company", "company name", "account", "account name", "organization", "organisation", "business",
       "business name", "associated company", "partner name", "related company", "nome da empresa", "nome fantasia",
       "companhia", "organizacao", "nombre fantasia", "nombre de fantasia"],
     Meaning::Field(Field::CompanyName)),
    (&["razon social", "raz social", "razao social", "denominacion", "denominacion social", "denominacion o razon social",
       "nombre o razon social", "nombre legal", "legal name", "cliente", "nombre del cliente", "nombre cliente",
       "nombre de cliente", "client", "client name", "customer", "customer name", "prospecto", "nombre del prospecto",
       "lead", "lead name", "nome do cliente"],
     Meaning::LegalName),
    (&["nombre", "name", "nome", "display name", "nombre para mostrar"], Meaning::BareName),
    (&["nombres", "nombre s", "primer nombre", "nombre de pila", "first name", "firstname", "given name",
       "primeiro nome"],
     Meaning::GivenName),
    (&["apellido", "apellidos", "apellido s", "apellido paterno", "apellido materno", "primer apellido",
       "segundo apellido", "last name", "lastname", "surname", "family name", "sobrenome", "ultimo nome"],
     Meaning::Surname),
    (&["contacto", "nombre del contacto", "nombre de contacto", "nombre contacto", "persona de contacto",
       "contacto principal", "nombre completo", "nombre y apellido", "nombre y apellidos", "encargado",
       "nombre del encargado", "atencion", "atencion a", "representante", "representante legal", "dueno", "contact",
       "contact name", "full name", "contact person", "primary contact", "contato", "nome do contato",
       "nome completo", "pessoa de contato"],
     Meaning::Field(Field::ContactName)),
    (&["email", "e mail", "mail", "correo", "correo e", "correo electronico", "correoelec", "correo electronico principal",
       "direccion de correo", "direccion de correo electronico", "email de contacto", "correo de contacto",
       "correo electronico de contacto", "email principal", "email personal", "email empresa", "correo empresa",
       "otro correo", "correo alterno", "correo alternativo", "email address", "e mail address", "email from",
       "work email", "business email", "contact email", "primary email", "secondary email", "company email",
       "additional email addresses", "endereco de email", "endereco de e mail", "email do contato", "e mail do contato"],
     Meaning::Field(Field::Email)),
    (&["telefono", "telefonos", "tel", "tels", "celular", "cel", "movil", "whatsapp", "wa", "fijo", "numero de telefono",
       "no de telefono", "num telefono", "num de telefono", "n de telefono", "numero telefonico", "telefono celular",
       "telefono movil", "telefono fijo", "telefono oficina", "telefono de oficina", "telefono de la oficina",
       "telefono de contacto", "telefono contacto", "telefono principal", "telefono alterno", "telefono empresa",
       "telefono de la empresa", "tel celular", "tel cel", "tel fijo", "tel oficina", "tel de contacto",
       "numero de celular", "no de celular", "numero celular", "numero de telefono movil", "numero de movil",
       "numero de whatsapp", "telefono whatsapp", "whatsapp phone number", "phone", "phones", "phone number", "telephone",
       "mobile", "mobile phone", "mobile number", "mobile phone number", "cell", "cell phone", "work phone",
       "office phone", "business phone", "home phone", "contact phone", "company phone", "primary phone",
       "telefone", "telefones", "telemovel", "fone", "numero de telefone", "telefone celular", "telefone fixo"],
     Meaning::Field(Field::Phone)),
    (&["www", "web", "sitio", "sitio web", "pagina", "pagina web", "pagina de internet", "sitio de internet", "url",
       "url del sitio web", "nombre de dominio", "nombre de dominio de la empresa", "dominio", "website", "web site",
       "website url", "web page", "homepage", "site", "company domain name", "company website", "domain", "pagina da web"],
     Meaning::Field(Field::Website)),
    (&["industria", "giro", "giro actividad", "giro o actividad", "giro comercial", "giro de la empresa",
       "giro del negocio", "actividad", "actividad economica", "nombre act", "nombre de la actividad", "sector", "rubro",
       "ramo", "industria o sector", "sector industrial", "industry", "vertical", "business type", "setor", "industria setor",
       "segmento", "ramo de atividade", "atividade"],
     Meaning::Field(Field::Industry)),
    (&["per ocu", "personal ocupado", "empleados", "no de empleados", "no empleados", "n de empleados", "num empleados",
       "num de empleados", "numero de empleados", "cantidad de empleados", "numero de trabajadores", "trabajadores",
       "plantilla", "tamano", "tamano de la empresa", "tamano de empresa", "employees", "employee count",
       "number of employees", "no of employees", "company size", "headcount", "funcionarios", "numero de funcionarios",
       "numero de empregados", "tamanho da empresa"],
     Meaning::Field(Field::EmployeeCount)),
    (&["ingresos", "ingresos anuales", "ingreso anual", "facturacion", "facturacion anual", "ventas anuales", "venta anual",
       "annual revenue", "revenue", "annual sales", "yearly revenue", "receita anual", "faturamento", "faturamento anual"],
     Meaning::Field(Field::AnnualRevenue)),
    (&["fuente", "origen", "canal", "procedencia", "medio de contacto", "fuente original", "fuente del lead",
       "fuente de lead", "fuente del prospecto", "origen del lead", "origen del prospecto", "origen del contacto",
       "como nos conocio", "como se entero", "fuente de trafico original", "source", "lead source", "original source",
       "original traffic source", "channel", "fonte", "origem", "origem do lead"],
     Meaning::Field(Field::Source)),
    (&["estatus", "status", "situacion", "etapa", "fase", "estado del lead", "estado de lead", "estado del prospecto",
       "estatus del lead", "estatus del prospecto", "lead status", "stage", "lead stage", "estagio", "situacao",
       "status do lead"],
     Meaning::Field(Field::Status)),
    (&["etiquetas", "etiqueta", "tags", "tag", "labels", "label", "marcadores"], Meaning::Field(Field::Tags)),
    (&["notas", "nota", "comentarios", "comentario", "observaciones", "observacion", "descripcion", "mensaje",
       "notas internas", "comentarios adicionales", "notes", "note", "comments", "comment", "description", "message",
       "internal notes", "remarks", "observacoes", "observacao", "anotacoes", "comentario adicional", "mensagem"],
     Meaning::Field(Field::Notes)),
    (&["owner", "owner email", "lead owner", "contact owner", "company owner", "salesperson", "sales rep", "assigned to",
       "propietario del contacto", "propietario del lead", "propietario de la empresa", "propietario del registro",
       "vendedor", "correo del vendedor", "email del vendedor", "asesor", "asesor comercial", "ejecutivo",
       "ejecutivo de ventas", "comercial", "asignado a", "proprietario do contato", "proprietario do lead"],
     Meaning::Field(Field::OwnerEmail)),
    (&["created at", "create date", "created on", "created", "date created", "creation date", "fecha de creacion",
       "fecha creacion", "creado", "creado el", "creado en", "fecha de registro", "fecha registro", "fecha de alta",
       "fecha de captura", "data de criacao", "criado em"],
     Meaning::Field(Field::CreatedAt)),
    (&["utm source", "utm fuente"], Meaning::Field(Field::UtmSource)),
    (&["utm medium", "utm medio"], Meaning::Field(Field::UtmMedium)),
    (&["utm campaign", "utm campana", "utm campanha"], Meaning::Field(Field::UtmCampaign)),
];

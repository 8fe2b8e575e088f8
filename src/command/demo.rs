//! `cauce demo`: a company that has worked with Cauce for half a year.
//!
//! It is made through the API of a server of its own whose clock starts six months ago and is moved on as the story
//! goes, so that everything in it is what the API would have made.

use anyhow::{Context, Result, ensure};
use cauce::app::{App, Background, Services};
use cauce::config::Config;
use cauce::platform::clock::Clock;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::print;

const PASSWORD: &str = "demo-de-cauce-2026";
const DAYS: i64 = 180;

/// The people: name, role.
const PEOPLE: [(&str, &str); 4] = [
    ("Beatriz Luna", "ADMIN"),
    ("Diego Santiago", "SALES"),
    ("Xóchitl Ramírez", "SALES"),
    ("Íñigo Peña", "MARKETING"),
];

/// The companies: name, contact, industry, employees, city, source.
const COMPANIES: [(&str, &str, &str, i64, &str, &str); 32] = [
    ("Sastrería Nájera", "Inés Nájera", "Confección", 5, "Salina Cruz", "website"),
    ("Cafetalera El Ocote", "Jacinto López", "Alimentos", 42, "Pluma Hidalgo", "facebook"),
    ("Muebles La Ceiba", "Rocío Ávila", "Muebles", 28, "Tehuantepec", "referral"),
    ("Tecnologías Guiengola", "Andrés Toledo", "Tecnología", 120, "Oaxaca", "website"),
    ("Ferretería Don Chuy", "Jesús Ordaz", "Ferretería", 9, "Juchitán", "whatsapp"),
    ("Transportes Istmeños", "Gregorio Vásquez", "Transporte", 640, "Matías Romero", "google"),
    ("Panadería Tres Peñas", "Lucía Peña", "Alimentos", 14, "Puebla", "facebook"),
    ("Constructora Ñuu", "Ismael Cruz", "Construcción", 210, "Oaxaca", "referral"),
    ("Clínica Santa Úrsula", "Dra. Elena Ruiz", "Salud", 75, "Ciudad de México", "google"),
    ("Hotel Bahía Azul", "Martín Güereña", "Turismo", 88, "Huatulco", "website"),
    ("Imprenta Códice", "Sofía Zárate", "Imprenta", 17, "Xalapa", "referral"),
    ("Agroquímicos del Papaloapan", "Raúl Domínguez", "Agricultura", 530, "Tuxtepec", "google"),
    ("Boutique Flor de Mayo", "Mayra Orozco", "Moda", 4, "Juchitán", "instagram"),
    ("Software Zempoala", "Iván Íñiguez", "Tecnología", 61, "Veracruz", "website"),
    ("Refrigeración Polar", "Óscar Nolasco", "Refrigeración", 23, "Coatzacoalcos", "whatsapp"),
    ("Colegio Benito Juárez", "Mtra. Nora Pineda", "Educación", 95, "Oaxaca", "referral"),
    ("Mezcal Piedra Lumbre", "Efraín Martínez", "Bebidas", 19, "Matatlán", "instagram"),
    ("Lavandería La Espuma", "Carmen Solís", "Servicios", 7, "Salina Cruz", "facebook"),
    ("Pinturas Tonalá", "Hugo Ibáñez", "Comercio", 33, "Guadalajara", "google"),
    ("Astilleros del Pacífico", "Cap. Noé Farías", "Naval", 1200, "Salina Cruz", "referral"),
    ("Farmacia La Salud", "Quetzali Reyes", "Farmacia", 11, "Ixtepec", "whatsapp"),
    ("Viajes Monte Albán", "Paola Carreño", "Turismo", 16, "Oaxaca", "instagram"),
    ("Datos y Redes del Sur", "Ulises Montaño", "Tecnología", 540, "Mérida", "website"),
    ("Carnicería El Güero", "Gilberto Rojas", "Alimentos", 6, "Tehuantepec", "facebook"),
    ("Maquiladora Tehuana", "Araceli Gómez", "Confección", 310, "Tehuacán", "google"),
    ("Vivero Las Jacarandas", "Tomás Ugarte", "Jardinería", 12, "Cuernavaca", "website"),
    ("Despacho Núñez y Asociados", "Lic. Pilar Núñez", "Servicios", 24, "Ciudad de México", "referral"),
    ("Autopartes Morelos", "René Camacho", "Automotriz", 58, "Cuautla", "google"),
    ("Pescadería La Ola", "Benita Luis", "Alimentos", 8, "Huatulco", "whatsapp"),
    ("Gimnasio Titán", "Kevin Áviles", "Deporte", 13, "Puebla", "instagram"),
    ("Cerámica Talavera Ruiz", "Dolores Ruiz", "Artesanía", 21, "Puebla", "website"),
    ("Laboratorio Quimilab", "Dr. Saúl Pineda", "Salud", 47, "Xalapa", "google"),
];

/// What is said in calls and mails.
const WORDS: [&str; 8] = [
    "Pidió una cotización por correo",
    "No contestó; volver a llamar por la tarde",
    "Le interesa empezar el próximo mes",
    "Quiere ver el catálogo completo",
    "Preguntó por crédito a 30 días",
    "Visita en su local; conoció al equipo",
    "Compara con otro proveedor",
    "Confirmó que recibió la información",
];

/// Makes the demo company in the configured or embedded database.
pub async fn run(config: Config) -> Result<()> {
    let config = Config { port: 0, limits_enabled: false, ..config };
    let started = config.clone();
    let services = tokio::task::spawn_blocking(move || -> Result<Services> {
        let services = Services::attach_or_start(&started)?;
        services.migrate()?;
        Ok(services)
    })
    .await??;
    let clock = Clock::default();
    clock.advance(TimeDelta::days(-DAYS));
    let running = App::build(&config, &services, clock.clone(), Background::Rest)?.listen()?;
    let told = tell(&running.url, &clock).await;
    running.stop().await;
    tokio::task::spawn_blocking(move || services.stop()).await?;
    print(&told?)
}

async fn tell(url: &str, clock: &Clock) -> Result<String> {
    let visitor = Api { url: url.to_owned(), bearer: String::new(), http: reqwest::Client::new() };
    let mark = uuid::Uuid::now_v7().simple().to_string();
    let mark = &mark[mark.len() - 6..];
    let email = |name: &str| format!("{}.{mark}@demo.example", name.to_lowercase());
    let owner_email = email("ana");
    let signup = visitor
        .post(
            "/api/v1/auth/signup",
            json!({ "tenant_name": format!("Comercial Istmo {mark}"), "name": "Ana Guzmán", "email": owner_email,
                "password": PASSWORD }),
        )
        .await?;
    let owner = visitor.signed_in(&signup)?.with_key().await?;
    let mut sellers = Vec::new();
    let mut logins = vec![format!("  OWNER      {owner_email}")];
    for (name, role) in PEOPLE {
        let address = email(&format!("usuario{}", logins.len()));
        let invited =
            owner.post("/api/v1/users", json!({ "name": name, "email": address, "roles": [role] })).await?;
        let joined = visitor
            .post(
                "/api/v1/auth/accept-invitation",
                json!({ "token": invited["invitation_token"], "password": PASSWORD }),
            )
            .await?;
        if role == "SALES" {
            let id = joined["user"]["id"].as_str().context("the answer has no user")?.to_owned();
            sellers.push(Seller { id, email: address.clone() });
        }
        logins.push(format!("  {role:<10} {address}"));
    }
    let step = TimeDelta::minutes(DAYS * 24 * 60 / i64::try_from(COMPANIES.len())?);
    for (index, company) in COMPANIES.iter().enumerate() {
        let began = clock.now();
        work(&owner, &visitor, &sellers[index % sellers.len()], clock, index, company).await?;
        clock.advance(step - (clock.now() - began));
    }
    let slug = signup["tenant"]["slug"].as_str().unwrap_or_default();
    Ok(format!(
        "The demo company \"{slug}\" has {} leads and half a year of work.\nEverybody's password: {PASSWORD}\n{}",
        COMPANIES.len(),
        logins.join("\n")
    ))
}

/// The life of one lead, as far as it got.
async fn work(
    owner: &Api,
    visitor: &Api,
    seller: &Seller,
    clock: &Clock,
    index: usize,
    company: &(&str, &str, &str, i64, &str, &str),
) -> Result<()> {
    let (name, contact, industry, employees, city, source) = company;
    let lead = owner
        .post(
            "/api/v1/leads",
            json!({
                "company_name": name, "contact_name": contact, "industry": industry, "employee_count": employees,
                "email": format!("contacto{index}@{}.example", source), "phone": format!("+5297111{:05}", 10_000 + index),
                "source": source, "tags": [industry.to_lowercase(), city.to_lowercase()],
                "annual_revenue": { "amount": format!("{}.00", employees * 250_000), "currency": "MXN" },
                "custom_fields": { "ciudad": city }, "utm": { "source": source, "campaign": "otoño-2026" }
            }),
        )
        .await?;
    let path = format!("/api/v1/leads/{}", lead["id"].as_str().context("the answer has no id")?);
    if index % 8 == 7 {
        return Ok(());
    }
    clock.advance(TimeDelta::hours(5));
    owner.post(&format!("{path}/assign"), json!({ "owner_id": seller.id })).await?;
    let kinds = ["call", "email", "meeting", "message", "note"];
    for call in 0..=index % 4 {
        clock.advance(TimeDelta::hours(20));
        let seller = visitor.sign_in(&seller.email).await?;
        let (kind, text) = (kinds[(index + call) % kinds.len()], WORDS[(index * 3 + call) % WORDS.len()]);
        seller.post(&format!("{path}/activities"), json!({ "kind": kind, "text": text })).await?;
    }
    let seller = visitor.sign_in(&seller.email).await?;
    seller.post(&format!("{path}/status"), json!({ "status": "contacted" })).await?;
    match index % 5 {
        0 | 1 => {
            seller.post(&format!("{path}/qualify"), json!({})).await?;
            seller.post(&format!("{path}/contacts"), json!({ "name": "Compras", "role": "Compras" })).await?;
        }
        2 => {
            let at = clock.now() + TimeDelta::days(3);
            seller
                .post(&format!("{path}/follow-up"), json!({ "at": at, "note": WORDS[index % WORDS.len()] }))
                .await?;
        }
        3 => {
            seller.post(&format!("{path}/disqualify"), json!({ "reason": "Ya tiene proveedor" })).await?;
        }
        _ => {}
    }
    Ok(())
}

/// A person who sells.
struct Seller {
    id: String,
    email: String,
}

/// A client of the API.
struct Api {
    url: String,
    bearer: String,
    http: reqwest::Client,
}

impl Api {
    fn signed_in(&self, session: &Value) -> Result<Self> {
        let bearer = session["access_token"].as_str().context("the answer has no token")?.to_owned();
        Ok(Self { url: self.url.clone(), bearer, http: self.http.clone() })
    }

    // Access tokens end as the clock moves on, so people sign in again for each thing they do.
    async fn sign_in(&self, email: &str) -> Result<Self> {
        let session =
            self.post("/api/v1/auth/login", json!({ "email": email, "password": PASSWORD })).await?;
        self.signed_in(&session)
    }

    // A key does not end.
    async fn with_key(self) -> Result<Self> {
        let made = self.post("/api/v1/api-keys", json!({ "name": "demo", "scopes": ["*:*"] })).await?;
        let bearer = made["key"].as_str().context("the answer has no key")?.to_owned();
        Ok(Self { bearer, ..self })
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value> {
        let mut request = self.http.request(Method::POST, format!("{}{path}", self.url)).json(&body);
        if !self.bearer.is_empty() {
            request = request.bearer_auth(&self.bearer);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        ensure!(status.is_success(), "POST {path} answered {status}: {body}");
        Ok(body)
    }
}

//! Companies with full leads.

use crate::harness::{Api, Sql};

/// The companies of the bench.
pub struct Companies {
    /// Their identifiers.
    pub ids: Vec<String>,
    /// Leads of each.
    pub leads: usize,
}

/// The identifier of lead `number` of the company `company`: decimal digits read as hexadecimal ones.
pub const LEAD_ID: &str = "0199f3a2-0000-7000-8000-1000";

fn name(company: usize) -> String {
    format!("bench{company}")
}

impl Companies {
    /// Signs `count` of them up, which will have `leads` leads each.
    pub async fn sign_up(api: &Api, count: usize, leads: usize) -> Self {
        let mut ids = Vec::new();
        for company in 0..count {
            ids.push(api.sign_up(&name(company)).await.id);
        }
        Self { ids, leads }
    }

    /// New tokens of their owners, which are good for ten minutes.
    pub async fn sign_in(&self, api: &Api) -> Vec<String> {
        let mut tokens = Vec::new();
        for company in 0..self.ids.len() {
            tokens.push(api.sign_in(&name(company)).await.token);
        }
        tokens
    }

    /// Writes the leads past the API, which would take minutes: 20 of them are about 18 kB of JSON.
    pub fn seed(&self, sql: &mut Sql) {
        let leads = self.leads;
        for (company, id) in self.ids.iter().enumerate() {
            sql.execute(&format!(
                "INSERT INTO leads.leads (tenant_id, id, version, company_name, contact_name, email, phone, website,
                     industry, employee_count, annual_revenue_minor, annual_revenue_currency, status, score, source, tags,
                     notes, custom_fields, first_touch, last_touch, consent, search_text, created_at, updated_at)
                 SELECT '{id}', ('{LEAD_ID}' || lpad('{company}', 4, '0') || lpad(n::text, 4, '0'))::uuid, 1,
                     'Sastrería Nájera ' || n, 'Inés Nájera Gutiérrez', 'ines' || n || '@example.com',
                     '+52971' || lpad(n::text, 7, '0'), 'https://sastreria-najera-' || n || '.example.com/',
                     'Confección', n, n * 100000, 'MXN', 'new', 50, 'website', ARRAY['istmo', 'mayoreo', 'otoño'],
                     repeat('Pidió precios. ', 8),
                     jsonb_build_object('localidad', 'Salina Cruz', 'giro', 'giro ' || n % 50, 'visitas', n % 1000),
                     jsonb_build_object('source', 'facebook', 'campaign', 'otoño-2026'),
                     jsonb_build_object('source', 'google', 'medium', 'cpc', 'campaign', 'otoño-2026'), NULL,
                     'sastreria najera ' || n || ' ines najera gutierrez ines' || n || '@example.com',
                     now() - n * interval '1 minute', now() - n * interval '1 minute'
                 FROM generate_series(0, {leads} - 1) n;
                 INSERT INTO leads.identities (tenant_id, kind, value, lead_id)
                 SELECT tenant_id, 'email', email, id FROM leads.leads WHERE tenant_id = '{id}';
                 INSERT INTO leads.identities (tenant_id, kind, value, lead_id)
                 SELECT tenant_id, 'phone', phone, id FROM leads.leads WHERE tenant_id = '{id}'"
            ));
        }
        sql.execute("VACUUM (ANALYZE) leads.leads");
        sql.execute("VACUUM (ANALYZE) leads.identities");
    }
}

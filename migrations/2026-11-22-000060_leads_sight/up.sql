SELECT platform.viewer_of('cauce_leads');
SELECT platform.seen_by_owner('leads.leads', 'owner_id');
SELECT platform.seen_with('leads.identities', 'leads.leads', 'lead_id');
SELECT platform.seen_with('leads.contacts', 'leads.leads', 'lead_id');
SELECT platform.seen_with('leads.activities', 'leads.leads', 'lead_id');
SELECT platform.seen_with('leads.field_values', 'leads.leads', 'record_id');
SELECT platform.seen_with('leads.likenesses', 'leads.leads', 'lead_id');
SELECT platform.seen_with('leads.merges', 'leads.leads', 'lead_id');

SELECT platform.seen_by_maker('leads.imports', 'user_id');
SELECT platform.seen_with('leads.import_chunks', 'leads.imports', 'import_id');
SELECT platform.seen_with('leads.import_reasons', 'leads.imports', 'import_id');
SELECT platform.seen_with('leads.import_refused', 'leads.imports', 'import_id');
SELECT platform.seen_with('leads.import_changes', 'leads.imports', 'import_id');
SELECT platform.seen_file('leads.exports');
SELECT platform.seen_with('leads.export_pieces', 'leads.exports', 'export_id');

-- Whoever began an upload; none where that was before anybody noted it.
ALTER TABLE leads.import_uploads ADD COLUMN user_id uuid;
SELECT platform.seen_by_maker('leads.import_uploads', 'user_id');
SELECT platform.seen_with('leads.import_upload_pieces', 'leads.import_uploads', 'upload_id');

-- What came of a form is counted for whoever sees the leads of its owner.
CREATE POLICY visible ON leads.form_results AS RESTRICTIVE TO cauce_viewer
    USING (EXISTS (SELECT FROM leads.forms f WHERE f.tenant_id = form_results.tenant_id AND f.id = form_results.form_id
                   AND f.owner_id = ANY (current_setting('app.owners')::uuid[])))
    WITH CHECK (EXISTS (SELECT FROM leads.forms f WHERE f.tenant_id = form_results.tenant_id AND f.id = form_results.form_id
                        AND f.owner_id = ANY (current_setting('app.owners')::uuid[])));

SELECT platform.viewer_of('cauce_insights');
SELECT platform.seen_by_owner('insights.leads', 'owner_id');
SELECT platform.seen_by_owner('insights.customers', 'owner_id');
SELECT platform.seen_by_owner('insights.quotations', 'owner_id');
SELECT platform.seen_by_owner('insights.invoices', 'owner_id');
SELECT platform.seen_by_owner('insights.figures', 'owner_id');

-- Named as in other modules, whose imports are worked by the same code.
ALTER TABLE leads.import_changes RENAME COLUMN lead_id TO record_id;

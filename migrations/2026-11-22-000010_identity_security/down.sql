DROP FUNCTION identity.count_guess(bytea, bytea, integer, timestamptz);
DROP FUNCTION identity.settle_guess(bytea, boolean, bytea, timestamptz);
DROP FUNCTION identity.find_password_reset(bytea);
DROP FUNCTION identity.request_password_reset(text, timestamptz);
DROP FUNCTION identity.open_reset_requests();
DROP FUNCTION identity.close_reset_request(text, timestamptz);
DROP FUNCTION identity.mails_due(timestamptz, bigint);
DROP TABLE identity.reset_requests, identity.guesses, identity.mails, identity.password_resets, identity.recovery_codes,
    identity.second_factors;
ALTER TABLE identity.sessions DROP COLUMN user_agent, DROP COLUMN ip, DROP COLUMN last_used_at;

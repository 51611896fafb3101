-- Live and test apart, and every state that Stripe knows. A row without a mode is from before; accounts.customer is read no more, but
-- for giving such rows a mode.

ALTER TABLE subscriptions DROP CONSTRAINT subscriptions_status_check;
ALTER TABLE subscriptions ADD CONSTRAINT subscriptions_status_check CHECK (status IN (
    'incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled'));
ALTER TABLE subscriptions ADD COLUMN mode text CHECK (mode IN ('live', 'test'));
-- Seconds since 1970 by the gateway's clock.
ALTER TABLE subscriptions ADD COLUMN told_at bigint NOT NULL DEFAULT 0;
DROP INDEX one_incomplete_subscription;
CREATE UNIQUE INDEX one_incomplete_subscription ON subscriptions (account, price, mode) WHERE status = 'incomplete';
DROP INDEX subscriptions_by_account;
CREATE INDEX subscriptions_by_account ON subscriptions (account, price, mode);

CREATE TABLE customers (
    account bigint NOT NULL REFERENCES accounts (id),
    mode text NOT NULL CHECK (mode IN ('live', 'test')),
    customer text NOT NULL,
    PRIMARY KEY (account, mode)
);

-- How often what is ordered under a key had an outcome that is final and a failure.
CREATE TABLE key_rounds (
    key text COLLATE "C" PRIMARY KEY,
    round integer NOT NULL
);

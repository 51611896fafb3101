-- The tables of the service, as the embedded store has them, with PostGIS for places and ranges for ages.

CREATE EXTENSION IF NOT EXISTS postgis;

CREATE TABLE providers (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    suburb text NOT NULL,
    postcode text NOT NULL,
    rating_tenths smallint NOT NULL
);

CREATE TABLE programs (
    id bigint PRIMARY KEY,
    provider bigint NOT NULL REFERENCES providers (id),
    title text NOT NULL,
    category text NOT NULL,
    ages int4range NOT NULL CHECK (NOT isempty(ages)),
    price_cents bigint NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    capacity integer NOT NULL,
    postcode text NOT NULL,
    suburb text NOT NULL,
    place geography (Point, 4326) NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'draft', 'cancelled')),
    description text NOT NULL
);

-- Serves the search alone: it walks outwards from a place (ORDER BY place <-> …) within the radius (ST_DWithin) and skips other
-- ages without reading their rows.
CREATE INDEX programs_nearby ON programs USING gist (place, ages) WHERE status = 'active';

CREATE TABLE accounts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    customer text
);

CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY,
    account bigint NOT NULL REFERENCES accounts (id),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Identifiers are compared byte by byte, as the pages of subscriptions are.
CREATE TABLE subscriptions (
    id text COLLATE "C" PRIMARY KEY,
    account bigint NOT NULL REFERENCES accounts (id),
    price text NOT NULL,
    payment_intent text NOT NULL,
    status text NOT NULL CHECK (status IN ('incomplete', 'incomplete_expired', 'active', 'canceled')),
    created_at timestamptz NOT NULL
);
-- Only unpaid subscriptions are held to one by the index: what was charged is kept, however odd.
CREATE UNIQUE INDEX one_incomplete_subscription ON subscriptions (account, price) WHERE status = 'incomplete';
CREATE INDEX subscriptions_by_account ON subscriptions (account, price);

-- The gateway's events that were applied.
CREATE TABLE events (
    id text PRIMARY KEY,
    came_at timestamptz NOT NULL
);
CREATE INDEX events_by_time ON events (came_at);

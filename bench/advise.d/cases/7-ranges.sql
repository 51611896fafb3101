-- Ranges, addresses and places.

-- a room's bookings that week
-- index bookings USING gist (room, during)
-- also bookings (room)
SELECT * FROM bookings WHERE room = 5 AND during && tstzrange('2025-05-05', '2025-05-12');

-- bookings at a moment
-- index bookings USING gist (during)
SELECT * FROM bookings WHERE during @> timestamptz '2025-05-05 12:00+00';

-- options that overlap
-- index bookings USING gist (during) WHERE state = 'option'
-- also bookings USING gist (during, state)
-- less bookings USING gist (during)
-- plain bookings USING gist (during, state)
SELECT * FROM bookings WHERE during && tstzrange('2025-05-05', '2025-05-06') AND state = 'option';

-- price of a product on a day
-- index prices (product_id)
-- also prices USING gist (product_id, valid)
SELECT amount FROM prices WHERE product_id = 77 AND valid @> date '2024-05-05';

-- places for the old
-- index places USING spgist (ages)
-- also places USING gist (ages)
SELECT id, name FROM places WHERE ages && int4range(90, 99);

-- events from a network
-- index events (address)
-- also events USING gist (address inet_ops)
-- also events USING spgist (address)
SELECT id, at FROM events WHERE address << '10.1.2.0/24';

-- the network of an address
-- index networks USING spgist (block)
-- less networks USING gist (block inet_ops)
SELECT owner FROM networks WHERE block >>= '10.3.4.5'::inet;

-- places around
-- index places USING gist (location)
-- less places USING spgist (location)
SELECT id, name FROM places WHERE ST_DWithin(location, ST_MakePoint(11.5, 48.1)::geography, 2000);

-- depots around
-- index places USING gist (location)
-- also places USING gist (location) WHERE kind = 'depot'
SELECT id, name FROM places WHERE ST_DWithin(location, ST_MakePoint(11.5, 48.1)::geography, 5000) AND kind = 'depot' AND open;

-- nearest places
-- index places USING gist (location)
SELECT id, name FROM places ORDER BY location <-> ST_MakePoint(11.5, 48.1)::geography LIMIT 5;

-- nearest lockers
-- index places USING gist (location)
-- also places USING gist (location) WHERE kind = 'locker'
SELECT id, name FROM places WHERE kind = 'locker' ORDER BY location <-> ST_MakePoint(9.5, 50.1)::geography LIMIT 5;

-- places in a window
-- index places USING gist (spot)
-- also places USING spgist (spot)
SELECT id, name FROM places WHERE spot && ST_MakeEnvelope(11.5, 48.1, 11.6, 48.2, 4326);

-- zones of a point
-- index zones USING gist (area)
-- also zones USING spgist (area)
SELECT id, fee FROM zones WHERE ST_Contains(area, ST_SetSRID(ST_MakePoint(11.5, 48.1), 4326));

-- places in a zone
-- index places USING gist (spot)
-- also places USING spgist (spot)
SELECT p.id, p.name FROM zones z JOIN places p ON ST_Contains(z.area, p.spot) WHERE z.id = 5;

-- places around, of another type
-- index places USING gist ((spot::geography))
-- less places USING spgist ((spot::geography))
SELECT id, name FROM places WHERE ST_DWithin(spot::geography, ST_MakePoint(11.5, 48.1)::geography, 2000);

-- corners in a box
-- index places USING gist (corner)
-- also places USING spgist (corner)
SELECT id, name FROM places WHERE corner <@ box '((11.5,48.1),(11.6,48.2))';

-- nearest corners
-- index places USING gist (corner)
-- also places USING spgist (corner)
SELECT id, name FROM places ORDER BY corner <-> point '(11.5,48.1)' LIMIT 5;

-- What the tests of dexter (github.com/ankane/dexter, test/statement_test.rb, and the statement of a hundred columns of
-- test/batching_test.rb) ask about, as questions to tables of ours of the same shape and size. `dexter` is the answer that
-- its tests expect; what is right is measured.

-- one row
-- dexter articles (id)
SELECT * FROM articles WHERE id = 1

-- everything
-- dexter none
SELECT * FROM articles

-- two columns
-- dexter articles (author, section)
SELECT * FROM articles WHERE author = 1 AND section = 2

-- a column and a range
-- dexter articles (section)
SELECT * FROM articles WHERE author = 1 AND section < 10

-- a column and an order
-- dexter articles (author, section)
SELECT * FROM articles WHERE author = 1 ORDER BY section LIMIT 1000

-- a join
-- dexter articles (section)
SELECT * FROM articles JOIN sections ON sections.id = articles.section WHERE sections.id = 1

-- an update
-- dexter articles (author)
UPDATE articles SET author = 2 WHERE author = 1

-- a delete
-- dexter articles (author)
DELETE FROM articles WHERE author = 1

-- a view
-- dexter articles (id)
SELECT * FROM article_numbers WHERE number = 1

-- a materialized view
-- dexter articles_kept (id)
SELECT * FROM articles_kept WHERE id = 1

-- a table that is not there
-- dexter none
SELECT * FROM nowhere

-- a partitioned table
-- dexter visits (section)
SELECT * FROM visits WHERE section = 1

-- a partition
-- dexter visits_0 (section)
SELECT * FROM visits_0 WHERE section = 1

-- a foreign table
-- dexter none
SELECT * FROM remarks WHERE article = 1

-- a query above one
-- dexter articles (id)
WITH one AS (SELECT * FROM articles WHERE id = 1) SELECT * FROM one

-- a condition above a query
-- dexter articles (id)
WITH every AS (SELECT * FROM articles) SELECT * FROM every WHERE id = 1

-- a condition above what is materialized
-- dexter none
WITH every AS MATERIALIZED (SELECT * FROM articles) SELECT * FROM every WHERE id = 1

-- a condition above what is not
-- dexter articles (id)
WITH every AS NOT MATERIALIZED (SELECT * FROM articles) SELECT * FROM every WHERE id = 1

-- an order
-- dexter articles (author)
SELECT * FROM articles ORDER BY author DESC LIMIT 10

-- an order by place
-- dexter articles (author)
SELECT author FROM articles ORDER BY 1 DESC LIMIT 10

-- an order by place of everything
-- dexter none
SELECT * FROM articles ORDER BY 1 DESC LIMIT 10

-- an order by another name
-- dexter articles (author)
SELECT author AS a FROM articles ORDER BY a DESC LIMIT 10

-- an order by two
-- dexter articles (author, section)
SELECT * FROM articles ORDER BY author, section LIMIT 10

-- an order by two in two directions
-- dexter articles (author DESC, section)
SELECT * FROM articles ORDER BY author DESC, section LIMIT 10

-- names that are quoted
-- dexter "Press"."Paper" ("Number")
SELECT * FROM "Press"."Paper" WHERE "Number" = 10000

-- a parameter
-- dexter articles (id)
SELECT * FROM articles WHERE id = $1

-- no table
-- dexter none
SELECT 1

-- the standard's catalogue
-- dexter none
SELECT * FROM information_schema.tables

-- PostgreSQL's catalogue
-- dexter none
SELECT * FROM pg_catalog.pg_index

-- PostgreSQL's catalogue without its schema
-- dexter none
SELECT * FROM pg_index

-- what cannot be parsed
-- dexter none
SELECT +

-- a column that is not there
-- dexter none
SELECT nothing FROM articles

-- what has an index
-- dexter none
SELECT * FROM articles WHERE known = 1

-- a hundred columns
-- dexter some
SELECT * FROM wide WHERE EVERY

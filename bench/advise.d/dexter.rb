# Debian's pg_query knows PostgreSQL 13's grammar, in which the text of a name has another key than dexter looks for.
require "dexter"

Dexter::ColumnResolver.prepend(Module.new do
  def find_columns(plan)
    super.each do |column|
      column["fields"].each { |one| one["String"]["sval"] ||= one["String"]["str"] if one["String"] }
    end
  end
end)

-- The trivial handler of crates/monitor/examples/cost.rs.
request = function()
  return wrk.format("GET", "/users/7")
end

done = function(summary)
  local errors = summary.errors
  io.write(string.format("requests %d failed %d\n", summary.requests,
    errors.status + errors.timeout + errors.read + errors.connect))
end

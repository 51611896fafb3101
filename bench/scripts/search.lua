-- The load test's searches, one after the other: five postcodes, five age groups, 10 km.
local bodies = {}
for _, location in ipairs({ "2000", "2001", "2010", "2020", "2030" }) do
  for _, ages in ipairs({ "0-2", "3-4", "5-7", "8-12", "13-17" }) do
    table.insert(bodies, string.format('{"json":{"location":"%s","ageGroup":"%s","radius":10}}', location, ages))
  end
end

local headers = { ["Content-Type"] = "application/json" }
local turn = 0

request = function()
  turn = turn % #bodies + 1
  return wrk.format("POST", "/api/trpc/search.findPrograms", headers, bodies[turn])
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("requests %d failed %d p50_ms %.2f p95_ms %.2f p99_ms %.2f\n", summary.requests,
    errors.status + errors.timeout + errors.read + errors.connect,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end

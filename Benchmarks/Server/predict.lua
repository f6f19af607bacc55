-- Kedge — drift monitoring beside the model.
-- SPDX-License-Identifier: Apache-2.0

-- wrk's requests: one body a line of a file, in turn, since a repeated row flatters every cache.
--
--     wrk … -s predict.lua URL -- PATH BODIES
--
-- One line of JSON is printed at the end, behind wrk's own report.

local requests = {}
local next = 0

function init(arguments)
  for body in io.lines(arguments[2]) do
    requests[#requests + 1] =
      wrk.format("POST", arguments[1], { ["Content-Type"] = "application/json" }, body)
  end
end

function request()
  next = next % #requests + 1
  return requests[next]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"answered":%d,"seconds":%.6f,"p50_us":%d,"p99_us":%d,"max_us":%d,"refused":%d,"broken":%d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    latency.max, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end

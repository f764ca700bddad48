#include "sw/mgmt/metrics_text.h"

#include <fmt/core.h>

#include <initializer_list>
#include <string_view>
#include <utility>

#include "sw/base/clock.h"

namespace vam::mgmt {
namespace {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Backslash, line feed and, in values of labels, the double quote.
std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
  }
  return out;
}

// The samples of one metric.
class Samples {
 public:
  explicit Samples(std::string_view name) : name_(name) {}

  // As text: a double would lose digits of a 64-bit counter.
  void Add(Labels labels, uint64_t value) { Line("", labels, fmt::format("{}", value)); }
  void AddDouble(Labels labels, double value) { Line("", labels, fmt::format("{}", value)); }
  // Buckets of the format count what the smaller ones count, too.
  void AddHistogram(std::string_view label, std::string_view value,
                    const api::DurationHistogram& histogram) {
    if (histogram.count_size() != histogram.bound_seconds_size() + 1) return;
    uint64_t total = 0;
    for (int i = 0; i < histogram.count_size(); ++i) {
      total += histogram.count(i);
      const bool last = i == histogram.bound_seconds_size();
      const std::string bound = last ? "+Inf" : fmt::format("{}", histogram.bound_seconds(i));
      Line("_bucket", {{"version", "2"}, {label, value}, {"le", bound}}, fmt::format("{}", total));
    }
    Line("_sum", {{"version", "2"}, {label, value}}, fmt::format("{}", histogram.sum_seconds()));
    Line("_count", {{"version", "2"}, {label, value}}, fmt::format("{}", total));
  }
  std::string Take() { return std::move(text_); }

 private:
  void Line(std::string_view suffix, Labels labels, std::string_view value) {
    text_ += fmt::format("{}{}", name_, suffix);
    char before = '{';
    for (const auto& [label, text] : labels) {
      if (label.empty()) continue;
      text_ += fmt::format("{}{}=\"{}\"", before, label, Escape(text));
      before = ',';
    }
    if (before == ',') text_ += '}';
    text_ += fmt::format(" {}\n", value);
  }

  std::string_view name_;
  std::string text_;
};

// ---- what all kinds of rows need

// Of each interface, where fwd has told of them.
template <typename Value>
void EachInterface(const Gathered& g, Samples& out, Value value) {
  if (!g.interfaces) return;
  for (const auto& one : g.interfaces->interface()) {
    out.Add({{"interface", one.name()}}, value(one));
  }
}
template <typename Add>
void EachEngine(const Gathered& g, Add add) {
  if (!g.engines) return;
  for (const auto& one : g.engines->engine()) add(one);
}
template <typename Value>
void EachWorker(const Gathered& g, Samples& out, Value value) {
  EachEngine(g, [&](const api::Engine& engine) {
    for (const auto& one : engine.worker()) {
      out.Add({{"engine", engine.name()}, {"worker", std::to_string(one.number())}}, value(one));
    }
  });
}
template <typename Value>
void Ikev2(const Gathered& g, Samples& out, Value value) {
  if (g.ikev2) out.Add({{"version", "2"}}, value(*g.ikev2));
}
template <typename Value>
void EachSide(const Gathered& g, Samples& out, Value value) {
  if (!g.ikev2) return;
  out.Add({{"version", "2"}, {"side", "responder"}}, value(g.ikev2->incoming()));
  out.Add({{"version", "2"}, {"side", "initiator"}}, value(g.ikev2->outgoing()));
}

void Messages(const Gathered& g, Samples& out) {
  if (!g.ikev2) return;
  for (const auto& one : g.ikev2->exchange()) {
    const auto add = [&](std::string_view direction, std::string_view kind, uint64_t value) {
      out.Add(
          {{"version", "2"}, {"exchange", one.name()}, {"direction", direction}, {"kind", kind}},
          value);
    };
    add("sent", "request", one.sent_requests());
    add("sent", "response", one.sent_responses());
    add("received", "request", one.received_requests());
    add("received", "response", one.received_responses());
  }
}

void TicketEvents(const Gathered& g, Samples& out) {
  if (!g.ikev2) return;
  const api::Ikev2Resumption& one = g.ikev2->resumption();
  const auto add = [&out](std::string_view event, uint64_t value) {
    out.Add({{"version", "2"}, {"event", event}}, value);
  };
  add("asked", one.tickets_asked());
  add("received", one.tickets_received());
  add("requested", one.tickets_requested());
  add("given", one.tickets_given());
  add("presented", one.tickets_presented());
  uint64_t refused = 0;
  for (const auto& cause : one.refused()) refused += cause.packets();
  add("refused", refused);
}

void Resumptions(const Gathered& g, Samples& out) {
  if (!g.ikev2) return;
  const api::Ikev2Resumption& one = g.ikev2->resumption();
  const auto add = [&out](std::string_view side, std::string_view result, uint64_t value) {
    out.Add({{"version", "2"}, {"side", side}, {"result", result}}, value);
  };
  add("responder", "up", one.accepted());
  add("initiator", "up", one.succeeded());
  add("initiator", "begun_anew", one.fell_back());
}

void Redirects(const Gathered& g, Samples& out) {
  if (!g.ikev2) return;
  const api::Ikev2Redirects& one = g.ikev2->redirects();
  const auto add = [&out](std::string_view phase, uint64_t value) {
    out.Add({{"version", "2"}, {"phase", phase}}, value);
  };
  add("init", one.init());
  add("auth", one.auth());
  add("active", one.active());
}

// ---- the table

struct Metric {
  const char* name;
  const char* type;  // "counter", "gauge", "histogram"
  const char* labels;
  const char* help;
  void (*fill)(const Gathered& g, Samples& out);
};

constexpr Metric kMetrics[] = {
    {"vam_build_info", "gauge", "version", "Always 1; the version of vamd.",
     [](const Gathered& g, Samples& out) {
       out.Add({{"version", g.version}}, 1);
     }},
    {"vam_start_time_seconds", "gauge", "", "When the mgmt role started, since 1970-01-01 UTC.",
     [](const Gathered& g, Samples& out) {
       out.AddDouble({}, static_cast<double>(g.started_wall_ns) / kNsPerSecond);
     }},
    {"vam_role_up", "gauge", "role", "1 while the role runs and is ready.",
     [](const Gathered& g, Samples& out) {
       for (const auto& one : g.roles.role()) out.Add({{"role", one.role()}}, one.state() == "up");
     }},
    {"vam_role_restarts_total", "counter", "role", "How often the role was started again.",
     [](const Gathered& g, Samples& out) {
       for (const auto& one : g.roles.role()) out.Add({{"role", one.role()}}, one.restarts());
     }},
    {"vam_scrape_answered", "gauge", "role",
     "1 when the role answered for this text; else its metrics are missing.",
     [](const Gathered& g, Samples& out) {
       for (const auto& [role, answered] : g.answered) out.Add({{"role", role}}, answered);
     }},

    {"vam_packets_offered_total", "counter", "", "Packets that the forwarder has taken up.",
     [](const Gathered& g, Samples& out) {
       if (g.reasons) out.Add({}, g.reasons->offered());
     }},
    {"vam_packets_in_flight", "gauge", "", "Packets that have not ended yet.",
     [](const Gathered& g, Samples& out) {
       if (g.reasons) out.Add({}, g.reasons->in_flight());
     }},
    {"vam_packets_ended_total", "counter", "reason",
     "How packets ended, by the names of show counters. Their sum and those in flight are those "
     "offered.",
     [](const Gathered& g, Samples& out) {
       if (!g.reasons) return;
       for (const auto& one : g.reasons->reason()) {
         out.Add({{"reason", one.reason()}}, one.packets());
       }
     }},

    {"vam_interface_up", "gauge", "interface", "1 while the interface carries packets.",
     [](const Gathered& g, Samples& out) {
       EachInterface(g, out, [](const auto& one) { return one.admin_up() && one.line_up(); });
     }},
    {"vam_interface_receive_packets_total", "counter", "interface", "Packets received.",
     [](const Gathered& g, Samples& out) {
       EachInterface(g, out, [](const auto& one) { return one.packets_input(); });
     }},
    {"vam_interface_receive_bytes_total", "counter", "interface", "Bytes received.",
     [](const Gathered& g, Samples& out) {
       EachInterface(g, out, [](const auto& one) { return one.bytes_input(); });
     }},
    {"vam_interface_receive_errors_total", "counter", "interface", "Frames received with an error.",
     [](const Gathered& g, Samples& out) {
       EachInterface(g, out, [](const auto& one) { return one.input_errors(); });
     }},
    {"vam_interface_receive_no_buffer_total", "counter", "interface",
     "Frames lost because no buffer was free.",
     [](const Gathered& g, Samples& out) {
       EachInterface(g, out, [](const auto& one) { return one.no_buffer(); });
     }},
    {"vam_interface_transmit_packets_total", "counter", "interface", "Packets sent.",
     [](const Gathered& g, Samples& out) {
       EachInterface(g, out, [](const auto& one) { return one.packets_output(); });
     }},
    {"vam_interface_transmit_bytes_total", "counter", "interface", "Bytes sent.",
     [](const Gathered& g, Samples& out) {
       EachInterface(g, out, [](const auto& one) { return one.bytes_output(); });
     }},
    {"vam_interface_transmit_errors_total", "counter", "interface", "Frames that were not sent.",
     [](const Gathered& g, Samples& out) {
       EachInterface(g, out, [](const auto& one) { return one.output_errors(); });
     }},

    {"vam_engine_up", "gauge", "engine", "1 while the engine works; 0: it failed, or is absent.",
     [](const Gathered& g, Samples& out) {
       EachEngine(g, [&](const auto& one) {
         out.Add({{"engine", one.name()}}, one.state() == "up");
       });
     }},
    {"vam_engine_info", "gauge", "engine, state, reason, product, version",
     "Always 1; what the engine is, and why it does not work.",
     [](const Gathered& g, Samples& out) {
       EachEngine(g, [&](const auto& one) {
         out.Add({{"engine", one.name()},
                  {"state", one.state()},
                  {"reason", one.state_reason()},
                  {"product", one.product()},
                  {"version", one.version()}},
                 1);
       });
     }},
    {"vam_engine_sas", "gauge", "engine", "SA directions that the engine holds.",
     [](const Gathered& g, Samples& out) {
       EachEngine(g, [&](const auto& one) { out.Add({{"engine", one.name()}}, one.sa_in_use()); });
     }},
    {"vam_engine_sas_maximum", "gauge", "engine", "SA directions that it can hold.",
     [](const Gathered& g, Samples& out) {
       EachEngine(g, [&](const auto& one) { out.Add({{"engine", one.name()}}, one.sa_maximum()); });
     }},
    {"vam_engine_packets_total", "counter", "engine, direction",
     "Packets that it has encapsulated (out) and decapsulated (in).",
     [](const Gathered& g, Samples& out) {
       EachEngine(g, [&](const auto& one) {
         out.Add({{"engine", one.name()}, {"direction", "out"}}, one.packets_out());
         out.Add({{"engine", one.name()}, {"direction", "in"}}, one.packets_in());
       });
     }},
    {"vam_engine_bytes_total", "counter", "engine, direction", "Bytes of these packets.",
     [](const Gathered& g, Samples& out) {
       EachEngine(g, [&](const auto& one) {
         out.Add({{"engine", one.name()}, {"direction", "out"}}, one.bytes_out());
         out.Add({{"engine", one.name()}, {"direction", "in"}}, one.bytes_in());
       });
     }},
    {"vam_engine_drops_total", "counter", "engine, reason", "Packets that it has dropped.",
     [](const Gathered& g, Samples& out) {
       EachEngine(g, [&](const auto& one) {
         for (const auto& drop : one.drop()) {
           out.Add({{"engine", one.name()}, {"reason", drop.reason()}}, drop.packets());
         }
       });
     }},
    {"vam_engine_busy_cycles_total", "counter", "engine",
     "Cycles in which the card had a packet in its pipeline.",
     [](const Gathered& g, Samples& out) {
       EachEngine(g, [&](const auto& one) {
         if (one.name() == "card") out.Add({{"engine", one.name()}}, one.busy_cycles());
       });
     }},
    {"vam_engine_worker_up", "gauge", "engine, worker",
     "Threads of the engine: 0 for one that has work and ends nothing.",
     [](const Gathered& g, Samples& out) {
       EachWorker(g, out, [](const auto& one) { return one.state() == "up"; });
     }},
    {"vam_engine_worker_sas", "gauge", "engine, worker", "SA directions that the thread has.",
     [](const Gathered& g, Samples& out) {
       EachWorker(g, out, [](const auto& one) { return one.sa_in_use(); });
     }},
    {"vam_engine_worker_packets_total", "counter", "engine, worker", "Packets that it has ended.",
     [](const Gathered& g, Samples& out) {
       EachWorker(g, out, [](const auto& one) { return one.packets(); });
     }},
    {"vam_engine_worker_refused_total", "counter", "engine, worker",
     "Packets dropped as engine_full: the thread had no room for them.",
     [](const Gathered& g, Samples& out) {
       EachWorker(g, out, [](const auto& one) { return one.refused(); });
     }},
    {"vam_ipsec_sas", "gauge", "engine, direction, state, reason",
     "SA directions by where they run, and why not on the card; engine none: nowhere.",
     [](const Gathered& g, Samples& out) {
       if (!g.placements) return;
       for (const auto& [key, sas] : *g.placements) {
         out.Add({{"engine", key[0].empty() ? "none" : key[0]},
                  {"direction", key[1]},
                  {"state", key[2]},
                  {"reason", key[3]}},
                 sas);
       }
     }},

    {"vam_ike_sas", "gauge", "version, side, state",
     "IKE SAs; side is the one this gateway has in them.",
     [](const Gathered& g, Samples& out) {
       if (!g.ikev2) return;
       for (const auto& one : g.ikev2->state()) {
         out.Add({{"version", "2"}, {"side", "responder"}, {"state", one.state()}}, one.incoming());
         out.Add({{"version", "2"}, {"side", "initiator"}, {"state", one.state()}}, one.outgoing());
       }
     }},
    {"vam_ike_half_open", "gauge", "version", "IKE SAs that peers began and have not proved.",
     [](const Gathered& g, Samples& out) {
       Ikev2(g, out, [](const auto& one) { return one.half_open(); });
     }},
    {"vam_ike_half_open_maximum", "gauge", "version", "Their limit; 0: none.",
     [](const Gathered& g, Samples& out) {
       Ikev2(g, out, [](const auto& one) { return one.maximum_half_open(); });
     }},
    {"vam_ike_sas_maximum", "gauge", "version", "Limit of IKE SAs; 0: none.",
     [](const Gathered& g, Samples& out) {
       Ikev2(g, out, [](const auto& one) { return one.maximum_sas(); });
     }},
    {"vam_ike_children", "gauge", "version", "Child SA pairs that carry packets.",
     [](const Gathered& g, Samples& out) {
       Ikev2(g, out, [](const auto& one) { return one.children(); });
     }},
    {"vam_ike_established_total", "counter", "version, side",
     "IKE SAs that were set up, without those that rekeying made.",
     [](const Gathered& g, Samples& out) {
       EachSide(g, out, [](const auto& one) { return one.established(); });
     }},
    {"vam_ike_failed_total", "counter", "version, side", "Set-ups of IKE SAs that failed.",
     [](const Gathered& g, Samples& out) {
       EachSide(g, out, [](const auto& one) { return one.failed(); });
     }},
    {"vam_ike_rekeys_total", "counter", "version", "IKE SAs that another one has replaced.",
     [](const Gathered& g, Samples& out) {
       Ikev2(g, out, [](const auto& one) { return one.ike_rekeys(); });
     }},
    {"vam_ike_children_up_total", "counter", "version", "Child SAs set up, by rekeying too.",
     [](const Gathered& g, Samples& out) {
       Ikev2(g, out, [](const auto& one) { return one.children_up(); });
     }},
    {"vam_ike_children_down_total", "counter", "version", "Child SAs that ended.",
     [](const Gathered& g, Samples& out) {
       Ikev2(g, out, [](const auto& one) { return one.children_down(); });
     }},
    {"vam_ike_messages_total", "counter", "version, exchange, direction, kind",
     "Messages on the wire, fragments and repetitions too; received ones whoever sent them.",
     Messages},
    {"vam_ike_retransmissions_total", "counter", "version",
     "Requests that were sent again because no answer came.",
     [](const Gathered& g, Samples& out) {
       Ikev2(g, out, [](const auto& one) { return one.retransmissions(); });
     }},
    {"vam_ike_unsent_total", "counter", "version", "Messages that the forwarder did not take.",
     [](const Gathered& g, Samples& out) {
       Ikev2(g, out, [](const auto& one) { return one.unsent(); });
     }},
    {"vam_ike_cookie_challenges_total", "counter", "version", "Peers that were asked for a cookie.",
     [](const Gathered& g, Samples& out) {
       Ikev2(g, out, [](const auto& one) { return one.cookie_challenges(); });
     }},
    {"vam_ike_wrong_cookies_total", "counter", "version", "Cookies that did not hold.",
     [](const Gathered& g, Samples& out) {
       Ikev2(g, out, [](const auto& one) { return one.wrong_cookies(); });
     }},
    {"vam_ike_tickets_total", "counter", "version, event",
     "Tickets of session resumption (RFC 5723): asked for and received as client; requested by "
     "peers, given, presented and refused as gateway.",
     TicketEvents},
    {"vam_ike_resumptions_total", "counter", "version, side, result",
     "IKE SAs that were made by a ticket: up; begun anew by IKE_SA_INIT, by the initiator.",
     Resumptions},
    {"vam_ike_redirects_total", "counter", "version, phase",
     "Peers that were told to go to another gateway (RFC 5685): by the answer to their first "
     "message, to IKE_AUTH, or while they were up.",
     Redirects},
    {"vam_ike_causes_total", "counter", "version, cause",
     "Failures, drops and endings by the causes of show crypto ikev2 stats, from the first on.",
     [](const Gathered& g, Samples& out) {
       if (!g.ikev2) return;
       for (const auto& one : g.ikev2->cause()) {
         out.Add({{"version", "2"}, {"cause", one.reason()}}, one.packets());
       }
     }},
    {"vam_ike_addresses_in_use", "gauge", "version", "Addresses of local pools that peers have.",
     [](const Gathered& g, Samples& out) {
       Ikev2(g, out, [](const auto& one) { return one.addresses_in_use(); });
     }},
    {"vam_ike_addresses_given_total", "counter", "version",
     "Addresses that peers were assigned since the role was started; those refused are causes.",
     [](const Gathered& g, Samples& out) {
       Ikev2(g, out, [](const auto& one) { return one.addresses_given(); });
     }},
    {"vam_ike_setup_duration_seconds", "histogram", "version, side",
     "Set-up of an IKE SA, from its first message until both are authenticated.",
     [](const Gathered& g, Samples& out) {
       if (!g.ikev2) return;
       out.AddHistogram("side", "responder", g.ikev2->setup_as_responder());
       out.AddHistogram("side", "initiator", g.ikev2->setup_as_initiator());
     }},
    {"vam_ike_child_setup_duration_seconds", "histogram", "version",
     "Set-up of a child SA that this gateway began, until both directions are installed.",
     [](const Gathered& g, Samples& out) {
       if (g.ikev2) out.AddHistogram("", "", g.ikev2->child_setup());
     }},
    {"vam_ike_rekey_duration_seconds", "histogram", "version, sa",
     "Rekeys that this gateway began, until the new IKE SA or child SA is up.",
     [](const Gathered& g, Samples& out) {
       if (!g.ikev2) return;
       out.AddHistogram("sa", "ike", g.ikev2->ike_rekey());
       out.AddHistogram("sa", "child", g.ikev2->child_rekey());
     }},
};

}  // namespace

void Gathered::AddPlacements(const api::SaPlacementCounts& piece) {
  if (!placements) placements.emplace();
  for (const auto& row : piece.row()) {
    PlacementKey key{row.engine(), row.direction(), row.state(), row.reason()};
    if (placements->size() >= kMostPlacements && !placements->contains(key)) key[3] = "other";
    (*placements)[key] += row.sas();
  }
}

std::string MetricsText(const Gathered& gathered) {
  std::string text;
  for (const Metric& metric : kMetrics) {
    Samples samples(metric.name);
    metric.fill(gathered, samples);
    const std::string lines = samples.Take();
    if (lines.empty()) continue;
    text += fmt::format("# HELP {} {}\n# TYPE {} {}\n", metric.name, metric.help, metric.name,
                        metric.type);
    text += lines;
  }
  return text;
}

std::string MetricsReference() {
  std::string text =
      "# Metrics\n\n"
      "Printed by `vamd --print-metrics-reference`. How they are served and read: "
      "`docs/guides/metrics.md`.\n\n"
      "Text of Prometheus, format 0.0.4. A metric without samples is left out: that of a role that "
      "did not answer, and a reason or\ncause that has not occurred. Counters begin at 0 with "
      "their role; those of IKE also with `clear crypto ikev2 stats`. No label\nnames a tunnel, a "
      "peer or an SA. Buckets of the histograms: 1, 2.5, 5, 10, 25, 50, 100, 250, 500 ms, 1, 2.5, "
      "5, 15, 60 s.\n\n"
      "| metric | type | labels | what it is |\n|---|---|---|---|\n";
  for (const Metric& metric : kMetrics) {
    text += fmt::format("| `{}` | {} | {} | {} |\n", metric.name, metric.type, metric.labels,
                        metric.help);
  }
  return text;
}

}  // namespace vam::mgmt

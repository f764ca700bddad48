// The text of the metrics: format, escaping, histograms; the independent parser of
// prometheus_client reads it.
#include "sw/mgmt/metrics_text.h"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>

namespace vam::mgmt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

api::DurationHistogram HistogramOf(std::initializer_list<uint64_t> counts, double sum) {
  api::DurationHistogram histogram;
  histogram.add_bound_seconds(0.001);
  histogram.add_bound_seconds(2.5);
  for (const uint64_t count : counts) histogram.add_count(count);
  histogram.set_sum_seconds(sum);
  return histogram;
}

void FillIke(api::Ikev2Stats& ike) {
  for (const char* name : {"half_open", "up"}) {
    auto& state = *ike.add_state();
    state.set_state(name);
    state.set_incoming(3);
    state.set_outgoing(4);
  }
  ike.set_half_open(3);
  ike.mutable_incoming()->set_established(UINT64_MAX);
  ike.set_retransmissions(9);
  ike.set_addresses_in_use(6);
  ike.set_addresses_given(8);
  ike.mutable_redirects()->set_auth(14);
  ike.mutable_resumption()->set_tickets_given(11);
  ike.mutable_resumption()->set_succeeded(12);
  auto& refused = *ike.mutable_resumption()->add_refused();
  refused.set_reason("ticket_used");
  refused.set_packets(13);
  auto& exchange = *ike.add_exchange();
  exchange.set_name("IKE_AUTH");
  exchange.set_sent_requests(5);
  auto& cause = *ike.add_cause();
  cause.set_reason("auth_failed");
  cause.set_packets(2);
  *ike.mutable_setup_as_initiator() = HistogramOf({1, 2, 4}, 12.25);
  *ike.mutable_setup_as_responder() = HistogramOf({0, 0, 0}, 0);
  *ike.mutable_child_setup() = HistogramOf({7, 0, 0}, 0.001);
  *ike.mutable_ike_rekey() = HistogramOf({0, 1, 0}, 1);
  *ike.mutable_child_rekey() = HistogramOf({0, 5, 0}, 2);
}

// Something of everything.
Gathered Everything() {
  Gathered g;
  g.version = "0.1.0";
  g.started_wall_ns = 1'700'000'000'500'000'000;
  auto& role = *g.roles.add_role();
  role.set_role("fwd");
  role.set_state("up");
  role.set_restarts(2);
  g.answered["fwd"] = true;
  g.answered["ikev2"] = false;
  g.reasons.emplace();
  g.reasons->set_offered(100);
  auto& reason = *g.reasons->add_reason();
  reason.set_reason("policy_no_sa");
  reason.set_packets(41);
  g.interfaces.emplace();
  auto& interface = *g.interfaces->add_interface();
  interface.set_name("odd\"name\\with\nall");
  interface.set_admin_up(true);
  interface.set_bytes_input(12345678901234567890U);
  g.engines.emplace();
  for (const char* name : {"card", "software"}) {
    auto& engine = *g.engines->add_engine();
    engine.set_name(name);
    engine.set_state(name == std::string("card") ? "absent" : "up");
    engine.set_state_reason("By configuration: engine card none.");
    engine.set_packets_out(8);
    auto& drop = *engine.add_drop();
    drop.set_reason("icv_wrong");
    drop.set_packets(1);
    auto& worker = *engine.add_worker();
    worker.set_number(1);
    worker.set_state("up");
  }
  api::SaPlacementCounts counts;
  auto& row = *counts.add_row();
  row.set_direction("outbound");
  row.set_state("down");
  row.set_reason("The table is full.");
  row.set_sas(6);
  g.AddPlacements(counts);
  g.AddPlacements(counts);
  FillIke(g.ikev2.emplace());
  return g;
}

// What a program prints that reads `input`.
std::string OutputOf(const std::string& command, const std::string& input) {
  char name[] = "/tmp/vam-metrics-XXXXXX";
  const int fd = mkstemp(name);
  EXPECT_GE(fd, 0);
  close(fd);
  std::ofstream(name) << input;
  std::string out;
  FILE* pipe = popen((command + " < " + name + " 2>&1").c_str(), "r");
  std::array<char, 4096> bytes{};
  for (size_t got = 0; (got = fread(bytes.data(), 1, bytes.size(), pipe)) > 0;) {
    out.append(bytes.data(), got);
  }
  EXPECT_EQ(pclose(pipe), 0) << out;
  unlink(name);
  return out;
}

TEST(MetricsText, SamplesAndTheirHeads) {
  const std::string text = MetricsText(Everything());
  EXPECT_THAT(text, HasSubstr("# HELP vam_build_info Always 1; the version of vamd.\n"
                              "# TYPE vam_build_info gauge\n"
                              "vam_build_info{version=\"0.1.0\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("vam_start_time_seconds 1700000000.5\n"));
  EXPECT_THAT(text, HasSubstr("vam_role_up{role=\"fwd\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("vam_scrape_answered{role=\"ikev2\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("vam_packets_offered_total 100\n"));
  EXPECT_THAT(text, HasSubstr("vam_packets_ended_total{reason=\"policy_no_sa\"} 41\n"));
  EXPECT_THAT(text, HasSubstr("vam_ipsec_sas{engine=\"none\",direction=\"outbound\",state=\"down\","
                              "reason=\"The table is full.\"} 12\n"));
  EXPECT_THAT(text, HasSubstr("vam_ike_sas{version=\"2\",side=\"initiator\",state=\"up\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("vam_ike_redirects_total{version=\"2\",phase=\"auth\"} 14\n"));
  EXPECT_THAT(text, HasSubstr("vam_ike_redirects_total{version=\"2\",phase=\"init\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("vam_ike_tickets_total{version=\"2\",event=\"given\"} 11\n"));
  EXPECT_THAT(text, HasSubstr("vam_ike_tickets_total{version=\"2\",event=\"refused\"} 13\n"));
  EXPECT_THAT(text, HasSubstr("vam_ike_resumptions_total{version=\"2\",side=\"initiator\","
                              "result=\"up\"} 12\n"));
  // No digit of a counter is lost.
  EXPECT_THAT(text, HasSubstr("{version=\"2\",side=\"responder\"} 18446744073709551615\n"));
}
TEST(MetricsText, ValuesOfLabelsAreEscaped) {
  EXPECT_THAT(
      MetricsText(Everything()),
      HasSubstr("vam_interface_receive_bytes_total{interface=\"odd\\\"name\\\\with\\nall\"} "
                "12345678901234567890\n"));
}
TEST(MetricsText, BucketsCountWhatSmallerOnesCount) {
  EXPECT_THAT(
      MetricsText(Everything()),
      HasSubstr(
          "vam_ike_setup_duration_seconds_bucket{version=\"2\",side=\"initiator\",le=\"0.001\"} "
          "1\n"
          "vam_ike_setup_duration_seconds_bucket{version=\"2\",side=\"initiator\",le=\"2.5\"} "
          "3\n"
          "vam_ike_setup_duration_seconds_bucket{version=\"2\",side=\"initiator\",le=\"+Inf\"} "
          "7\n"
          "vam_ike_setup_duration_seconds_sum{version=\"2\",side=\"initiator\"} 12.25\n"
          "vam_ike_setup_duration_seconds_count{version=\"2\",side=\"initiator\"} 7\n"));
}
TEST(MetricsText, WhatARoleDidNotSayIsLeftOut) {
  Gathered g;
  g.answered["fwd"] = false;
  const std::string text = MetricsText(g);
  EXPECT_THAT(text, HasSubstr("vam_scrape_answered{role=\"fwd\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("vam_ike")));
  EXPECT_THAT(text, Not(HasSubstr("vam_packets")));
  EXPECT_THAT(text, Not(HasSubstr("vam_engine")));
}
TEST(MetricsText, AHistogramThatDoesNotFitIsLeftOut) {
  Gathered g = Everything();
  g.ikev2->mutable_child_setup()->clear_count();
  EXPECT_THAT(MetricsText(g), Not(HasSubstr("vam_ike_child_setup_duration_seconds")));
}
TEST(MetricsText, ReasonsAreBounded) {
  Gathered g;
  api::SaPlacementCounts counts;
  for (int i = 0; i < 1000; ++i) {
    auto& row = *counts.add_row();
    row.set_engine("software");
    row.set_reason("reason " + std::to_string(i));
    row.set_sas(1);
  }
  g.AddPlacements(counts);
  EXPECT_LE(g.placements->size(), kMostPlacements + 1);
  uint64_t sum = 0;
  for (const auto& [key, sas] : *g.placements) sum += sas;
  EXPECT_EQ(sum, 1000u);
}

// The parser of the project that Prometheus' own clients belong to: names, types, labels, values.
TEST(MetricsText, PrometheusClientReadsIt) {
  const std::string out =
      OutputOf("/usr/bin/python3 " VAM_SOURCE_DIR "/tests/unit/sw/mgmt/read_metrics.py",
               MetricsText(Everything()));
  EXPECT_THAT(out, HasSubstr("vam_build_info gauge {'version': '0.1.0'} 1.0\n"));
  EXPECT_THAT(out, HasSubstr("vam_interface_receive_bytes counter "));
  EXPECT_THAT(out, HasSubstr(R"({'interface': 'odd"name\\with\nall'} )"));
  EXPECT_THAT(out, HasSubstr("'le': '+Inf', 'side': 'initiator', 'version': '2'} 7.0\n"));
  EXPECT_THAT(out, HasSubstr("{'reason': 'policy_no_sa'} 41.0\n"));
}

// Every metric of the page is in a text that has something of everything, and the other way round.
TEST(MetricsText, ThePageListsThemAll) {
  std::ifstream file(VAM_SOURCE_DIR "/docs/reference/metrics.md");
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(page, MetricsReference())
      << "run: vamd --print-metrics-reference > docs/reference/metrics.md";
  std::set<std::string> told;
  std::istringstream lines(MetricsText(Everything()));
  for (std::string hash, word, name, rest; lines >> hash >> word >> name;) {
    std::getline(lines, rest);
    if (hash == "#" && word == "TYPE") told.insert(name);
  }
  std::set<std::string> listed;
  std::istringstream rows(page);
  for (std::string row; std::getline(rows, row);) {
    if (row.starts_with("| `")) listed.insert(row.substr(3, row.find('`', 3) - 3));
  }
  EXPECT_EQ(told, listed);
}

}  // namespace
}  // namespace vam::mgmt

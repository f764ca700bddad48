#include "sw/mgmt/show_pending.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "sw/config/pending.h"

namespace vam::mgmt {
namespace {

std::string Row(std::string_view topic, size_t depth, std::string_view line) {
  return fmt::format("{:<17}{:{}}{}\n", topic, "", depth, line);
}

}  // namespace

api::PendingConfiguration ShowPending(const config::Running& running) {
  api::PendingConfiguration show;
  for (config::PendingItem& item : config::ListPending(running.pending)) {
    api::PendingStatement& out = *show.add_statement();
    for (std::string& head : item.within) out.add_within(std::move(head));
    out.set_line(std::move(item.line));
    out.set_topic(std::string(config::TopicName(item.topic)));
    out.set_never(!config::ActsLater(item.topic));
  }
  return show;
}

std::string RenderPending(const api::PendingConfiguration& show) {
  if (show.statement_size() == 0) return "Every statement of the configuration acts.\n";
  std::string text = Row("Topic", 0, "Statement");
  std::string head;  // the outermost line that the last statement stands under
  bool never = false;
  for (const api::PendingStatement& statement : show.statement()) {
    const int depth = statement.within_size();
    // A pending head has been a statement of its own; one that acts has not.
    if (depth == 1 && statement.within(0) != head) {
      head = statement.within(0);
      text += Row("-", 0, head);
    }
    if (depth == 0) head = statement.line();
    text += Row(statement.never() ? statement.topic() + " *" : statement.topic(),
                static_cast<size_t>(depth), statement.line());
    never |= statement.never();
  }
  text += fmt::format("\n{} statement{}: kept and shown, not acting in this release.\n",
                      show.statement_size(), show.statement_size() == 1 ? "" : "s");
  if (never) text += "* No part of an IPsec gateway: these will never act.\n";
  return text;
}

}  // namespace vam::mgmt

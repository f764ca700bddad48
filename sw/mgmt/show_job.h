// A show command under way for one client of mgmt: asked piece by piece, sent piece by piece.
#ifndef VAM_SW_MGMT_SHOW_JOB_H_
#define VAM_SW_MGMT_SHOW_JOB_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "sw/mgmt/pipe.h"
#include "sw/mgmt/show_sink.h"
#include "sw/vamd/role.h"

namespace vam::mgmt {

// At any time it holds at most one piece of the answer (sessions are counted by SessionTable).
struct ShowJob {
  explicit ShowJob(const PipedCommand& piped) : filters(piped.filters), json(piped.json) {}

  // Of the line that was typed.
  FilterStream filters;
  bool json = false;

  // Commands still to come: those of show tech-support.
  bool script = false;
  std::deque<std::string> steps;
  size_t step = 0;

  // The command under way; without a sink there is none.
  std::unique_ptr<ShowSink> sink;
  std::optional<FilterStream> step_filters;
  // Who is asked for pieces, one after the other; the first is under way, and its request names the
  // piece to ask for when the client has room.
  struct Ask {
    vamd::Role role;
    api::ShowRequest request;
    bool needed = true;  // false: what a role that is not there has to tell is nothing
  };
  std::deque<Ask> asks;
  std::string cursor;      // of the piece before, to see that it moves on
  uint32_t waiting = 0;    // the request that its role has not answered; 0: none
  bool completed = false;  // mgmt has its part: without fwd that is the answer
  bool usage = false;      // fwd's processor time and memory are added to the own list

  std::string ready;  // text that is not sent yet
  int exit_code = 0;
  bool lost = false;  // the client does not take its answer any more
};

}  // namespace vam::mgmt

#endif  // VAM_SW_MGMT_SHOW_JOB_H_

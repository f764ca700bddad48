#include "sw/bench/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <vector>

namespace vam::bench {
namespace {

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// Plot area in pixels.
constexpr double kLeft = 70;
constexpr double kRight = 700;
constexpr double kTop = 30;
constexpr double kBottom = 370;
constexpr double kMinLog = 6;   // 64 bytes
constexpr double kMaxLog = 14;  // 16 KiB

double X(double size) {
  return kLeft + (std::log2(size) - kMinLog) / (kMaxLog - kMinLog) * (kRight - kLeft);
}
double Y(double bits, double most) { return kBottom - bits / most * (kBottom - kTop); }

// nullopt for a condition that is a word.
std::optional<double> Number(const std::string& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

using Points = std::vector<std::pair<double, double>>;

// Lines of the plot by their label.
std::map<std::string, Points> LinesOf(std::span<const Figure> figures) {
  std::map<std::string, Points> lines;
  for (const Figure& f : figures) {
    if (f.name != "card.bits_per_cycle" || f.at.at("sas") != "1") continue;
    const std::optional<double> size = Number(f.at.at("size"));
    if (!size) continue;  // a mix of sizes has no place on the axis
    lines[fmt::format("{}, read latency {}", f.at.at("dir"), f.at.at("read_latency"))].push_back(
        {*size, f.value});
  }
  for (auto& [label, points] : lines) std::ranges::sort(points);
  return lines;
}

}  // namespace

std::string RenderTable(std::span<const Figure> figures) {
  std::string out = fmt::format("{:<28}{:>14}  {:<12}{}\n", "figure", "value", "unit", "at");
  for (const Figure& f : figures) {
    std::string at;
    for (const auto& [key, value] : f.at) at += fmt::format("{}={} ", key, value);
    fmt::format_to(std::back_inserter(out), "{:<28}{:>14.3f}  {:<12}{}\n", f.name, f.value, f.unit,
                   at);
  }
  return out;
}

std::string RenderJson(std::span<const Figure> figures) {
  std::string out = "{\"figures\": [";
  const char* separator = "\n";
  for (const Figure& f : figures) {
    fmt::format_to(std::back_inserter(out), "{}  {{\"name\": {}, \"value\": {:.6g}, \"unit\": {}, ",
                   separator, Quoted(f.name), f.value, Quoted(f.unit));
    out += "\"at\": {";
    const char* comma = "";
    for (const auto& [key, value] : f.at) {
      fmt::format_to(std::back_inserter(out), "{}{}: {}", comma, Quoted(key), Quoted(value));
      comma = ", ";
    }
    out += "}}";
    separator = ",\n";
  }
  return out + "\n]}\n";
}

std::string RenderSvg(std::span<const Figure> figures) {
  const auto lines = LinesOf(figures);
  double most = 1;
  for (const Figure& f : figures) {
    if (f.name != "card.bits_per_cycle") continue;
    most = std::max(most, Number(f.at.at("width")).value_or(0));
  }
  std::string out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 420\" "
      "font-family=\"sans-serif\" "
      "font-size=\"13\">\n<rect width=\"900\" height=\"420\" fill=\"white\"/>\n";
  auto add = std::back_inserter(out);
  fmt::format_to(add, "<text x=\"{}\" y=\"18\">inner bits per cycle, one SA</text>\n", kLeft);
  for (int i = 0; i <= 4; ++i) {
    const double y = Y(most * i / 4, most);
    fmt::format_to(add, "<path d=\"M{} {:.1f}H{}\" stroke=\"#ddd\"/>\n", kLeft, y, kRight);
    fmt::format_to(add, "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:.0f}</text>\n",
                   kLeft - 8, y + 4, most * i / 4);
  }
  for (int log = 6; log <= 14; ++log) {
    const double x = X(std::exp2(log));
    fmt::format_to(add, "<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", x,
                   kBottom + 20, 1 << log);
  }
  fmt::format_to(add, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">inner bytes</text>\n", kRight,
                 kBottom + 40);
  constexpr const char* kColours[] = {"#1b6", "#06c", "#c30", "#907", "#b80", "#333"};
  size_t n = 0;
  for (const auto& [label, points] : lines) {
    const char* colour = kColours[n % std::size(kColours)];
    std::string path;
    for (const auto& [size, bits] : points) {
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", X(size), Y(bits, most));
    }
    fmt::format_to(add, "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", path,
                   colour);
    fmt::format_to(add, "<text x=\"{}\" y=\"{}\" fill=\"{}\">{}</text>\n", kRight + 15, 50 + 22 * n,
                   colour, label);
    ++n;
  }
  return out + "</svg>\n";
}

}  // namespace vam::bench

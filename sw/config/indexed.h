// A vector that is edited by key: so that long configurations, and long lists of removals, are read
// in linear time.
#ifndef VAM_SW_CONFIG_INDEXED_H_
#define VAM_SW_CONFIG_INDEXED_H_

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace vam::config {

// Key(item) is the item's own, Group(item) is shared by those that are removed together. Stands
// beside the vector it serves, which nobody else changes before Settle. Removed items stay in the
// vector until then.
template <typename T, std::string (*Key)(const T&), std::string (*Group)(const T&)>
class Indexed {
 public:
  // Replaces the item of the same key in its place, or appends.
  void Put(std::vector<T>& list, T item) {
    Build(list);
    const auto [at, added] = at_.try_emplace(Key(item), list.size());
    if (!added) {
      list[at->second] = std::move(item);
      return;
    }
    groups_.emplace(Group(item), list.size());
    list.push_back(std::move(item));
    dead_.push_back(false);
  }
  bool Contains(const std::vector<T>& list, const T& item) {
    Build(list);
    return at_.contains(Key(item));
  }
  // False: there is none with the key of `like`.
  bool Erase(const std::vector<T>& list, const T& like) {
    Build(list);
    const auto at = at_.find(Key(like));
    if (at == at_.end()) return false;
    Kill(at->second);
    at_.erase(at);
    return true;
  }
  // How many there were with the group of `like`.
  size_t EraseGroup(const std::vector<T>& list, const T& like) {
    Build(list);
    const std::string group = Group(like);
    size_t erased = 0;
    const auto [begin, end] = groups_.equal_range(group);
    for (auto at = begin; at != end; ++at) {
      if (dead_[at->second]) continue;
      at_.erase(Key(list[at->second]));
      Kill(at->second);
      ++erased;
    }
    groups_.erase(group);
    return erased;
  }
  // Takes the removed items out. The vector may then be changed by others.
  void Settle(std::vector<T>& list) {
    if (removed_) {
      size_t to = 0;
      for (size_t from = 0; from < list.size(); ++from) {
        if (dead_[from]) continue;
        if (to != from) list[to] = std::move(list[from]);
        ++to;
      }
      list.resize(to);
    }
    *this = Indexed();
  }

 private:
  void Build(const std::vector<T>& list) {
    if (built_) return;
    built_ = true;
    dead_.resize(list.size());
    for (size_t i = 0; i < list.size(); ++i) {
      at_.emplace(Key(list[i]), i);
      groups_.emplace(Group(list[i]), i);
    }
  }
  void Kill(size_t place) {
    dead_[place] = true;
    removed_ = true;
  }

  bool built_ = false;
  bool removed_ = false;
  std::unordered_map<std::string, size_t> at_;
  std::unordered_multimap<std::string, size_t> groups_;  // also of some that are dead
  std::vector<bool> dead_;
};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_INDEXED_H_

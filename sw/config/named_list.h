// Objects in the order of their first mention, found by name in constant time.
#ifndef VAM_SW_CONFIG_NAMED_LIST_H_
#define VAM_SW_CONFIG_NAMED_LIST_H_

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace vam::config {

// A vector of T, which has a member `name`, with an index. No two have the same name, and nobody
// changes a name in place.
template <typename T>
class NamedList {
 public:
  using value_type = T;
  using iterator = typename std::vector<T>::iterator;
  using const_iterator = typename std::vector<T>::const_iterator;

  iterator begin() { return items_.begin(); }
  iterator end() { return items_.end(); }
  const_iterator begin() const { return items_.begin(); }
  const_iterator end() const { return items_.end(); }
  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  T& operator[](size_t i) { return items_[i]; }
  const T& operator[](size_t i) const { return items_[i]; }
  T& at(size_t i) { return items_.at(i); }
  const T& at(size_t i) const { return items_.at(i); }
  T& front() { return items_.front(); }
  const T& front() const { return items_.front(); }
  T& back() { return items_.back(); }
  const T& back() const { return items_.back(); }

  // nullptr when there is none of that name.
  const T* Find(std::string_view name) const {
    const auto at = index_.find(name);
    return at == index_.end() ? nullptr : &items_[at->second];
  }
  T* Find(std::string_view name) { return const_cast<T*>(std::as_const(*this).Find(name)); }
  // Adds at the end what is not there.
  T& FindOrAdd(std::string_view name) {
    const auto [at, added] = index_.try_emplace(std::string(name), items_.size());
    if (added) {
      items_.emplace_back();
      items_.back().name = at->first;
    }
    return items_[at->second];
  }
  // Replaces the one of the same name, if there is one.
  void push_back(T item) {
    const std::string name = item.name;
    FindOrAdd(name) = std::move(item);
  }
  // True when it was there. Linear.
  bool Erase(std::string_view name) {
    const auto at = index_.find(name);
    if (at == index_.end()) return false;
    const size_t place = at->second;
    index_.erase(at);
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(place));
    for (auto& [other, index] : index_) index -= index > place ? 1 : 0;
    return true;
  }

  bool operator==(const NamedList& other) const { return items_ == other.items_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  std::vector<T> items_;
  std::unordered_map<std::string, size_t, Hash, std::equal_to<>> index_;
};

}  // namespace vam::config

#endif  // VAM_SW_CONFIG_NAMED_LIST_H_

// Named values of a saved state: what is written, and how what a file says is read without trusting it.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace plastica {

// A list of numbers of one type, in memory that somebody keeps alive; or one that is fetched when its turn comes.
struct SavedArray {
  char type = 'd';  // as in Python's struct: b B H i I q Q f d
  std::size_t count = 0;
  std::shared_ptr<const void> data;
  std::function<std::shared_ptr<const void>()> fetch = {};
};
using SavedValue = std::variant<std::int64_t, double, std::string, SavedArray>;
using SavedTree = std::map<std::string, SavedValue>;

template <class T>
constexpr char type_code() {
  if constexpr (std::is_same_v<T, float>) return 'f';
  if constexpr (std::is_same_v<T, double>) return 'd';
  if constexpr (std::is_floating_point_v<T>) return '?';
  if constexpr (sizeof(T) == 1) return std::is_same_v<T, char> || std::is_unsigned_v<T> ? 'B' : 'b';
  if constexpr (sizeof(T) == 2) return std::is_unsigned_v<T> ? 'H' : 'h';
  if constexpr (sizeof(T) == 4) return std::is_unsigned_v<T> ? 'I' : 'i';
  return std::is_unsigned_v<T> ? 'Q' : 'q';
}

// Writes values under their names, or reads them: the same calls do both. Names are paths; a value that is read must have its type and its bounds.
class Archive {
 public:
  enum class Numbers { finite, any };

  Archive() = default;
  explicit Archive(SavedTree tree) : tree_(std::move(tree)), loading_(true) {}

  bool loading() const { return loading_; }
  SavedTree take() { return std::move(tree_); }

  // Within its lifetime, names are those of a part.
  class Inside {
   public:
    Inside(Archive& archive, const std::string& name) : archive_(archive), before_(archive.path_.size()) { archive.path_ += name + "/"; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() { archive_.path_.resize(before_); }

   private:
    Archive& archive_;
    std::size_t before_;
  };

  [[noreturn]] void refuse(std::string_view name, std::string_view why) const { throw Error(path_ + std::string(name) + ' ' + std::string(why)); }
  void require(bool holds, std::string_view name, std::string_view why) const {
    if (!holds) refuse(name, why);
  }

  // Whole numbers and flags, within bounds.
  template <class T>
  void number(const std::string& name, T& value, std::int64_t least = std::numeric_limits<std::int64_t>::min(),
              std::int64_t most = std::numeric_limits<std::int64_t>::max())
    requires(std::is_integral_v<T>)
  {
    if (!loading_) {
      tree_[path_ + name] = static_cast<std::int64_t>(value);
      return;
    }
    const auto read = get<std::int64_t>(name, "a whole number");
    if constexpr (std::is_same_v<T, bool>) most = 1;
    if constexpr (!std::is_same_v<T, bool> && sizeof(T) < 8)
      most = std::min<std::int64_t>(most, std::numeric_limits<T>::max()), least = std::max<std::int64_t>(least, std::numeric_limits<T>::min());
    if constexpr (std::is_unsigned_v<T>) least = std::max<std::int64_t>(least, 0);
    if (read < least || read > most) refuse(name, "= " + std::to_string(read) + " must be between " + std::to_string(least) + " and " + std::to_string(most));
    value = static_cast<T>(read);
  }
  template <class T>
  void number(const std::string& name, T& value, Numbers which = Numbers::finite)
    requires(std::is_floating_point_v<T>)
  {
    if (!loading_) {
      tree_[path_ + name] = static_cast<double>(value);
      return;
    }
    value = static_cast<T>(get<double>(name, "a number"));
    if (which == Numbers::finite && !std::isfinite(value)) refuse(name, "must be a finite number");
  }
  // An index into something that has so many entries.
  void index(const std::string& name, std::size_t& value, std::size_t entries) {
    if (loading_ && entries == 0) refuse(name, "counts in a list that is empty");
    number(name, value, 0, static_cast<std::int64_t>(entries) - (loading_ ? 1 : 0));
  }
  // The length of a list whose entries follow, each of at least one value.
  std::size_t count(const std::string& name, std::size_t entries) {
    number(name, entries, 0, 1 << 24);
    if (loading_ && entries > tree_.size()) refuse(name, "= " + std::to_string(entries) + " is more than there is");
    return entries;
  }
  // How many values there are, at most.
  std::size_t entries() const { return tree_.size(); }
  void text(const std::string& name, std::string& value) {
    if (loading_)
      value = get<std::string>(name, "a text");
    else
      tree_[path_ + name] = value;
  }

  // As many numbers as there are.
  template <class T, class A>
  void array(const std::string& name, std::vector<T, A>& values, Numbers which = Numbers::finite) {
    if (!loading_) {
      // The vector is copied: what is large is handed over with `give`.
      give(name, std::vector<T>(values.begin(), values.end()));
      return;
    }
    const auto read = held<T>(name, which);
    values.assign(read.begin(), read.end());
  }
  // Exactly so many.
  template <class T, class A>
  void array(const std::string& name, std::vector<T, A>& values, std::size_t count, Numbers which = Numbers::finite) {
    if (!loading_ && values.size() != count) throw std::logic_error("archive: " + path_ + name + " has a wrong size");
    array(name, values, which);
    if (loading_ && values.size() != count) refuse(name, "must have " + std::to_string(count) + " entries, not " + std::to_string(values.size()));
  }
  // None, or exactly so many.
  template <class T, class A>
  void optional(const std::string& name, std::vector<T, A>& values, std::size_t count) {
    array(name, values);
    if (!values.empty() && values.size() != count)
      refuse(name, "must have " + std::to_string(count) + " entries or none, not " + std::to_string(values.size()));
  }
  // Whole numbers within bounds, which hold on reading.
  template <class T, class A>
  void indices(const std::string& name, std::vector<T, A>& values, std::int64_t least, std::int64_t most) {
    array(name, values);
    if (loading_) check_bounds<T>(name, values, least, most);
  }

  // Saving: hands an array over as it is.
  template <class T>
  void give(const std::string& name, std::vector<T> values) {
    auto kept = std::make_shared<std::vector<T>>(std::move(values));
    const std::size_t count = kept->size();
    tree_[path_ + name] = SavedArray{type_code<T>(), count, std::shared_ptr<const void>(kept, kept->data())};
  }
  // Loading: an array as it lies there, for as long as this is held. Large ones are never there twice.
  template <class T>
  class Held {
   public:
    explicit Held(SavedArray array) : array_(std::move(array)) {
      if (array_.fetch) array_.data = std::exchange(array_.fetch, {})();
    }
    const T* begin() const { return static_cast<const T*>(array_.data.get()); }
    const T* end() const { return begin() + array_.count; }
    std::size_t size() const { return array_.count; }
    const T& operator[](std::size_t i) const { return begin()[i]; }

   private:
    SavedArray array_;
  };
  template <class T>
  Held<T> held(const std::string& name, Numbers which = Numbers::finite) {
    auto read = get<SavedArray>(name, "an array");
    if (read.type != type_code<T>()) refuse(name, std::string("must be an array of type '") + type_code<T>() + "', not '" + read.type + "'");
    const Held<T> values(std::move(read));
    if constexpr (std::is_floating_point_v<T>)
      for (std::size_t i = 0; i < values.size() && which == Numbers::finite; ++i)
        if (!std::isfinite(values[i])) refuse(name, "must hold finite numbers; number " + std::to_string(i) + " is not");
    return values;
  }
  template <class T>
  Held<T> held(const std::string& name, std::size_t count, Numbers which = Numbers::finite) {
    const auto values = held<T>(name, which);
    if (values.size() != count) refuse(name, "must have " + std::to_string(count) + " entries, not " + std::to_string(values.size()));
    return values;
  }
  template <class T>
  Held<T> held_indices(const std::string& name, std::int64_t least, std::int64_t most) {
    const auto values = held<T>(name);
    check_bounds<T>(name, values, least, most);
    return values;
  }
  // Loading: how long an array is; 0 if there is none.
  std::size_t count_of(const std::string& name) const {
    const auto found = tree_.find(path_ + name);
    const auto* const array = found == tree_.end() ? nullptr : std::get_if<SavedArray>(&found->second);
    return array == nullptr ? 0 : array->count;
  }

  // Whether there is a number of this name: what earlier versions did not write is missing from their files.
  bool has(const std::string& name) const { return !loading_ || tree_.contains(path_ + name); }

  // Everything must have been asked for.
  void finish() const {
    if (!tree_.empty()) throw Error(tree_.begin()->first + " is not known here");
  }

 private:
  template <class T, class Values>
  void check_bounds(const std::string& name, const Values& values, std::int64_t least, std::int64_t most) const {
    for (std::size_t i = 0; i < values.size(); ++i)
      if (std::cmp_less(values[i], least) || std::cmp_greater(values[i], most))
        refuse(name, std::string("[") + std::to_string(i) + "] = " + std::to_string(values[i]) + " must be between " + std::to_string(least) + " and " +
                         std::to_string(most));
  }

  template <class T>
  T get(const std::string& name, const char* kind) {
    const auto found = tree_.find(path_ + name);
    if (found == tree_.end()) refuse(name, "is missing");
    T* const there = std::get_if<T>(&found->second);
    if (there == nullptr) {
      if constexpr (std::is_same_v<T, double>)
        if (const auto* const whole = std::get_if<std::int64_t>(&found->second)) {
          const double value = static_cast<double>(*whole);
          tree_.erase(found);
          return value;
        }
      refuse(name, std::string("must be ") + kind);
    }
    T value = std::move(*there);
    tree_.erase(found);
    return value;
  }

  SavedTree tree_;
  bool loading_ = false;
  std::string path_;
};

}  // namespace plastica

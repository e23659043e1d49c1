// A doubly linked list whose links live in its elements: O(1) insert and erase, no allocation.
//
// Owner:  nobody; the list and its elements only name each other. A hook unlinks itself when it
//         is destroyed, so an element never leaves a dangling name behind.
// Thread: one at a time.
#pragma once

#include <cstddef>

namespace tidegate::base {

class ListHook {
 public:
  ListHook() = default;
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;
  ~ListHook() { unlink(); }

  [[nodiscard]] bool linked() const { return next_ != nullptr; }

  void unlink() {
    if (next_ == nullptr) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = nullptr;
  }

  /// Requires: not linked; `place` is linked or is a list's own sentinel.
  void insert_before(ListHook& place) {
    prev_ = place.prev_;
    next_ = &place;
    prev_->next_ = this;
    place.prev_ = this;
  }

 private:
  template <typename T, typename Tag>
  friend class IntrusiveList;
  ListHook* prev_ = nullptr;
  ListHook* next_ = nullptr;
};

/// To be in several lists at once, an element inherits one Hook per list, told apart by Tag.
template <typename Tag>
class Hook : public ListHook {};

struct DefaultTag {};

template <typename T, typename Tag = DefaultTag>
class IntrusiveList {
 public:
  IntrusiveList() { reset(); }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    clear();
    sentinel_.prev_ = sentinel_.next_ = nullptr;
  }

  [[nodiscard]] bool empty() const { return sentinel_.next_ == &sentinel_; }

  void push_back(T& element) { hook(element).insert_before(sentinel_); }
  void push_front(T& element) { hook(element).insert_before(*sentinel_.next_); }
  static void erase(T& element) { hook(element).unlink(); }

  /// Null when empty.
  T* front() { return empty() ? nullptr : owner(sentinel_.next_); }
  T* back() { return empty() ? nullptr : owner(sentinel_.prev_); }

  T* pop_front() {
    T* first = front();
    if (first != nullptr) erase(*first);
    return first;
  }

  /// Moves every element of `other` to the end of this list.
  void splice_back(IntrusiveList& other) {
    if (other.empty()) return;
    other.sentinel_.next_->prev_ = sentinel_.prev_;
    sentinel_.prev_->next_ = other.sentinel_.next_;
    other.sentinel_.prev_->next_ = &sentinel_;
    sentinel_.prev_ = other.sentinel_.prev_;
    other.reset();
  }

  void clear() {
    while (!empty()) sentinel_.next_->unlink();
  }

  /// Calls `visit(T&)` for each; the visitor may unlink the element it is given and no other.
  template <typename Visit>
  void for_each(Visit visit) {
    for (ListHook* at = sentinel_.next_; at != &sentinel_;) {
      ListHook* next = at->next_;
      visit(*owner(at));
      at = next;
    }
  }

 private:
  static ListHook& hook(T& element) { return static_cast<Hook<Tag>&>(element); }
  static T* owner(ListHook* at) { return static_cast<T*>(static_cast<Hook<Tag>*>(at)); }
  void reset() { sentinel_.prev_ = sentinel_.next_ = &sentinel_; }

  ListHook sentinel_;
};

}  // namespace tidegate::base

#include "reactor/base/intrusive_list.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

namespace tidegate::base {
namespace {

struct OtherTag {};

struct Item : Hook<DefaultTag>, Hook<OtherTag> {
  explicit Item(char n) : name(n) {}
  char name;
};

using List = IntrusiveList<Item>;
using OtherList = IntrusiveList<Item, OtherTag>;

template <typename L>
std::string names(L& list) {
  std::string all;
  list.for_each([&all](Item& item) { all += item.name; });
  return all;
}

struct Items {
  Item a{'a'};
  Item b{'b'};
  Item c{'c'};
};

BOOST_FIXTURE_TEST_SUITE(intrusive_list, Items)

BOOST_AUTO_TEST_CASE(keeps_the_order_of_both_ends) {
  List list;
  BOOST_TEST(list.empty());
  BOOST_TEST((list.front() == nullptr && list.back() == nullptr && list.pop_front() == nullptr));
  list.push_back(b);
  list.push_back(c);
  list.push_front(a);
  BOOST_TEST(names(list) == "abc");
  BOOST_TEST((list.front() == &a && list.back() == &c));
  BOOST_TEST((list.pop_front() == &a));
  BOOST_TEST(names(list) == "bc");
}

BOOST_AUTO_TEST_CASE(erases_from_anywhere_and_takes_back) {
  List list;
  for (Item* item : {&a, &b, &c}) list.push_back(*item);
  List::erase(b);
  List::erase(b);
  BOOST_TEST(names(list) == "ac");
  list.push_back(b);
  BOOST_TEST(names(list) == "acb");
}

BOOST_AUTO_TEST_CASE(an_element_that_dies_leaves_by_itself) {
  List list;
  list.push_back(a);
  {
    Item brief('x');
    list.push_back(brief);
    list.push_back(b);
    BOOST_TEST(names(list) == "axb");
  }
  BOOST_TEST(names(list) == "ab");
}

BOOST_AUTO_TEST_CASE(a_list_that_dies_lets_its_elements_go) {
  {
    List list;
    list.push_back(a);
    list.push_back(b);
  }
  List heir;
  heir.push_back(b);
  heir.push_back(a);
  BOOST_TEST(names(heir) == "ba");
}

BOOST_AUTO_TEST_CASE(an_element_can_be_in_two_lists) {
  List list;
  OtherList other;
  list.push_back(a);
  other.push_back(a);
  other.push_back(b);
  List::erase(a);
  BOOST_TEST(list.empty());
  BOOST_TEST(names(other) == "ab");
}

BOOST_AUTO_TEST_CASE(splicing_moves_everything_in_order) {
  List list;
  List other;
  list.splice_back(other);
  BOOST_TEST(list.empty());
  list.push_back(a);
  other.push_back(b);
  other.push_back(c);
  list.splice_back(other);
  BOOST_TEST(names(list) == "abc");
  BOOST_TEST(other.empty());
  List::erase(b);
  other.push_back(b);
  BOOST_TEST(names(list) == "ac");
  BOOST_TEST(names(other) == "b");
}

BOOST_AUTO_TEST_CASE(a_visitor_may_unlink_what_it_is_given) {
  List list;
  for (Item* item : {&a, &b, &c}) list.push_back(*item);
  list.for_each([](Item& item) {
    if (item.name != 'b') List::erase(item);
  });
  BOOST_TEST(names(list) == "b");
}

BOOST_AUTO_TEST_CASE(a_cleared_list_is_empty_and_usable) {
  List list;
  list.push_back(a);
  list.push_back(b);
  list.clear();
  BOOST_TEST(list.empty());
  list.push_back(b);
  BOOST_TEST(names(list) == "b");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::base

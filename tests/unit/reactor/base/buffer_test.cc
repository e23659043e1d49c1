#include "reactor/base/buffer.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/aborts.h"

namespace tidegate::base {
namespace {

constexpr std::size_t kRoom = sizeof(Block::bytes);

std::string gathered(const Buffer& buffer) {
  std::vector<iovec> slices(1000);
  slices.resize(buffer.gather(slices.data(), slices.size()));
  std::string all;
  for (const iovec& slice : slices) {
    all.append(static_cast<const char*>(slice.iov_base), slice.iov_len);
  }
  return all;
}

std::string pattern(std::size_t size, char first = 'a') {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) {
    text[i] = static_cast<char>('a' + (static_cast<std::size_t>(first - 'a') + i) % 26);
  }
  return text;
}

struct BufferFixture {
  BufferFixture() = default;
  BufferFixture(const BufferFixture&) = delete;
  BufferFixture& operator=(const BufferFixture&) = delete;
  ~BufferFixture() { buffer.clear(pool); }

  BlockPool pool;
  Buffer buffer;
};

BOOST_FIXTURE_TEST_SUITE(buffer_chain, BufferFixture)

static_assert(sizeof(Block) == Block::kSize);

BOOST_AUTO_TEST_CASE(gives_back_what_was_appended_in_order) {
  buffer.append("one ", pool);
  buffer.append("", pool);
  buffer.append("two", pool);
  BOOST_TEST(gathered(buffer) == "one two");
  BOOST_TEST(buffer.size() == 7U);
  BOOST_TEST(pool.in_use() == 1U);
}

BOOST_AUTO_TEST_CASE(an_empty_buffer_holds_no_memory) {
  BOOST_TEST(buffer.empty());
  BOOST_TEST(pool.in_use() == 0U);
  buffer.append("x", pool);
  buffer.consume(1, pool);
  BOOST_TEST(buffer.empty());
  BOOST_TEST(pool.in_use() == 0U);
  buffer.append("again", pool);
  BOOST_TEST(gathered(buffer) == "again");
}

BOOST_AUTO_TEST_CASE(splits_at_block_borders_and_consumes_across_them) {
  for (const std::size_t size : {kRoom - 1, kRoom, kRoom + 1, 2 * kRoom, 2 * kRoom + 1}) {
    for (const std::size_t taken :
         {std::size_t{0}, std::size_t{1}, kRoom - 1, kRoom, kRoom + 1, size}) {
      if (taken > size) continue;
      BOOST_TEST_CONTEXT("size " << size << " taken " << taken) {
        const std::string text = pattern(size);
        Buffer one;
        one.append(text, pool);
        BOOST_TEST(pool.in_use() == (size + kRoom - 1) / kRoom);
        one.consume(taken, pool);
        BOOST_TEST(one.size() == size - taken);
        BOOST_TEST((gathered(one) == text.substr(taken)));
        one.append("tail", pool);
        BOOST_TEST((gathered(one) == text.substr(taken) + "tail"));
        one.clear(pool);
        BOOST_TEST(pool.in_use() == 0U);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(gathers_no_more_slices_than_asked_from_the_front) {
  const std::string text = pattern(3 * kRoom);
  buffer.append(text, pool);
  std::array<iovec, 2> slices{};
  BOOST_TEST(buffer.gather(slices.data(), 0) == 0U);
  BOOST_TEST(buffer.gather(slices.data(), slices.size()) == 2U);
  BOOST_TEST(slices[0].iov_len == kRoom);
  BOOST_TEST((std::string(static_cast<char*>(slices[1].iov_base), 26) == text.substr(kRoom, 26)));
}

BOOST_AUTO_TEST_CASE(agrees_with_a_string_over_many_random_steps) {
  std::mt19937 random(7);
  std::string model;
  for (int step = 0; step < 3000; ++step) {
    if (random() % 2 == 0) {
      const std::string text = pattern(random() % 9000, static_cast<char>('a' + step % 26));
      buffer.append(text, pool);
      model += text;
    } else {
      const std::size_t count = model.empty() ? 0 : random() % (model.size() + 1);
      buffer.consume(count, pool);
      model.erase(0, count);
    }
    BOOST_TEST_REQUIRE(buffer.size() == model.size());
  }
  BOOST_TEST((gathered(buffer) == model));
}

#ifndef NDEBUG
BOOST_AUTO_TEST_CASE(consuming_more_than_there_is_stops_a_debug_build) {
  buffer.append("abc", pool);
  BOOST_TEST(test::aborts([&] { buffer.consume(4, pool); }));
}
#endif

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(block_pool)

BOOST_AUTO_TEST_CASE(a_block_comes_empty_however_it_was_given_back) {
  BlockPool pool;
  Block* block = pool.take();
  block->begin = 5;
  block->end = 10;
  pool.give_back(block);
  Block* again = pool.take();
  BOOST_TEST(again == block);
  BOOST_TEST(again->size() == 0U);
  BOOST_TEST(again->room() == kRoom);
  BOOST_TEST((again->next == nullptr));
  pool.give_back(again);
}

BOOST_AUTO_TEST_CASE(counts_the_blocks_that_are_out) {
  BlockPool pool;
  Block* one = pool.take();
  Block* two = pool.take();
  BOOST_TEST(pool.in_use() == 2U);
  pool.give_back(one);
  BOOST_TEST(pool.in_use() == 1U);
  pool.give_back(two);
  BOOST_TEST(pool.in_use() == 0U);
}

BOOST_AUTO_TEST_CASE(keeps_a_bounded_number_of_free_blocks) {
  BlockPool pool;
  std::vector<Block*> burst(BlockPool::kKeep + 50);
  for (Block*& block : burst) block = pool.take();
  for (Block* block : burst) pool.give_back(block);
  BOOST_TEST(pool.in_use() == 0U);
  BOOST_TEST(pool.kept() == BlockPool::kKeep);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace tidegate::base

// Reading from disk: files, directories, and what can be wrong with either.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "conf/files.h"
#include "tests/unit/conf/support.h"

using namespace tidegate::conf;
using namespace tidegate::conf::test;

namespace {

class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "tidegate-conf-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TempDirectory() { std::filesystem::remove_all(path_); }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  [[nodiscard]] std::string path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream(file(name), std::ios::binary) << text;
  }

 private:
  std::string path_;
};

constexpr std::string_view kApp =
    "clusters: [{ name: app, endpoints: [{ address: \"10.0.0.1:80\" }] }]\n";

std::string listener(const std::string& name, int port) {
  return "listeners: [{ name: " + name + ", address: \"127.0.0.1:" + std::to_string(port) +
         "\", cluster: app }]\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(files)

BOOST_AUTO_TEST_CASE(loads_a_file_and_names_it_in_problems) {
  const TempDirectory temp;
  temp.write("a.yaml", listener("a", 1) + std::string(kApp));
  BOOST_TEST(load_file(temp.file("a.yaml")).config != nullptr);
  temp.write("b.yaml", "lisseners: []\n");
  const Loaded bad = load_file(temp.file("b.yaml"));
  BOOST_TEST(bad.config == nullptr);
  BOOST_TEST(bad.problems.at(0).source == temp.file("b.yaml"));
}

BOOST_AUTO_TEST_CASE(says_why_a_file_cannot_be_read) {
  const TempDirectory temp;
  const Loaded missing = load_file(temp.file("none.yaml"));
  BOOST_REQUIRE(missing.problems.size() == 1U);
  BOOST_TEST(missing.problems[0].to_string() ==
             temp.file("none.yaml") + ": error: cannot be opened: No such file or directory\n");
  temp.write("f", "");
  BOOST_TEST(load_file(temp.file("f/x.yaml")).problems.at(0).wanted ==
             "cannot be opened: Not a directory");
  // Opening for reading works, reading does not: what a directory that appeared meanwhile does.
  BOOST_TEST(read_text_file(temp.path(), 10).problem == "cannot be read: Is a directory");
}

BOOST_AUTO_TEST_CASE(says_when_a_file_may_not_be_read) {
  const TempDirectory temp;
  temp.write("secret.yaml", "version: 1\n");
  ::chmod(temp.file("secret.yaml").c_str(), 0);
  if (::access(temp.file("secret.yaml").c_str(), R_OK) == 0) {
    BOOST_TEST_MESSAGE("this user may read everything");
    return;
  }
  BOOST_TEST(load_file(temp.file("secret.yaml")).problems.at(0).wanted ==
             "cannot be opened: Permission denied");
}

BOOST_AUTO_TEST_CASE(refuses_a_large_file_before_reading_it) {
  const TempDirectory temp;
  temp.write("big.yaml", "x");
  std::filesystem::resize_file(temp.file("big.yaml"), 100ULL << 20U);  // sparse: costs no disk
  const Loaded loaded = load_file(temp.file("big.yaml"));
  BOOST_REQUIRE(loaded.problems.size() == 1U);
  BOOST_TEST(loaded.problems[0].wanted == "larger than 4MiB");
  BOOST_TEST(read_text_file("/dev/zero", 1000).problem == "larger than 1000B");
}

BOOST_AUTO_TEST_CASE(reads_a_pipe) {
  const TempDirectory temp;
  const std::string pipe = temp.file("pipe");
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] { std::ofstream(pipe) << listener("a", 1) << kApp; });
  const Loaded loaded = load_file(pipe);
  writer.join();
  BOOST_TEST(loaded.config != nullptr);
}

BOOST_AUTO_TEST_CASE(joins_the_files_of_a_directory) {
  const TempDirectory temp;
  temp.write("10-base.yaml", "version: 1\nlog: { level: debug }\n" + std::string(kApp));
  temp.write("20-a.yaml", "version: 1\n" + listener("a", 1));
  temp.write("30-b.yaml", listener("b", 2));
  temp.write(".hidden.yaml", "garbage: [");
  temp.write("notes.txt", "garbage: [");
  std::filesystem::create_directory(temp.file("sub.yaml"));
  const Loaded loaded = load_file(temp.path());
  BOOST_REQUIRE(loaded.config != nullptr);
  BOOST_TEST(loaded.problems.empty());
  BOOST_TEST(loaded.config->listeners.size() == 2U);
  BOOST_TEST(loaded.config->listeners[1].name == "b");
  BOOST_TEST(loaded.config->log.level == "debug");
}

BOOST_AUTO_TEST_CASE(refuses_an_object_that_two_files_define) {
  const TempDirectory temp;
  temp.write("a.yaml", listener("web", 1) + std::string(kApp));
  temp.write("b.yaml", listener("web", 2));
  const Loaded loaded = load_file(temp.path());
  BOOST_TEST(loaded.config == nullptr);
  BOOST_REQUIRE(loaded.problems.size() == 1U);
  BOOST_TEST(loaded.problems[0].source == temp.file("b.yaml"));
  BOOST_TEST(loaded.problems[0].wanted ==
             "the name `web` is given twice; the first is at " + temp.file("a.yaml") + ":1:21");
}

BOOST_AUTO_TEST_CASE(refuses_a_section_that_two_files_give) {
  const TempDirectory temp;
  temp.write("a.yaml", "drain: {}\n" + listener("web", 1) + std::string(kApp));
  temp.write("b.yaml", "version: 1\ndrain: {}\n");
  const Loaded loaded = load_file(temp.path());
  BOOST_REQUIRE(loaded.problems.size() == 1U);
  BOOST_TEST(brief(loaded.problems[0]) == "2:1 drain: given in two files; the first is at " +
                                              temp.file("a.yaml") +
                                              ":1:1 (only lists of objects are joined)");
}

BOOST_AUTO_TEST_CASE(reports_the_syntax_errors_of_every_file) {
  const TempDirectory temp;
  temp.write("a.yaml", "listeners: [\n");
  temp.write("b.yaml", "clusters: \"\n");
  temp.write("c.yaml", listener("web", 1));
  std::filesystem::create_symlink(temp.file("nowhere"), temp.file("d.yaml"));
  const Loaded loaded = load_file(temp.path());
  BOOST_REQUIRE(loaded.problems.size() == 3U);
  BOOST_TEST(loaded.problems[0].source == temp.file("a.yaml"));
  BOOST_TEST(loaded.problems[1].source == temp.file("b.yaml"));
  BOOST_TEST(loaded.problems[2].source == temp.file("d.yaml"));
}

BOOST_AUTO_TEST_CASE(complains_about_a_directory_without_configuration) {
  const TempDirectory temp;
  BOOST_TEST(load_file(temp.path()).problems.at(0).wanted == "no *.yaml in this directory");
  temp.write("a.yml", "version: 1\n");
  const Loaded loaded = load_file(temp.path());
  BOOST_REQUIRE(loaded.problems.size() == 2U);
  BOOST_TEST(loaded.problems[1].to_string() ==
             temp.file("a.yml") + ": warning: this file is not read: only *.yaml is\n");
}

BOOST_AUTO_TEST_CASE(the_size_limit_is_for_all_files_of_a_directory_together) {
  const TempDirectory temp;
  temp.write("a.yaml", "version: 1\n" + std::string(3U << 20U, '#'));
  temp.write("b.yaml", "version: 1\n" + std::string(2U << 20U, '#'));
  const Loaded loaded = load_file(temp.path());
  BOOST_REQUIRE(loaded.problems.size() == 1U);
  BOOST_TEST(loaded.problems[0].source == temp.file("b.yaml"));
}

BOOST_AUTO_TEST_SUITE_END()

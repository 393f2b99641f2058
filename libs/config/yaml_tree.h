// YAML text as a tree with the place of every node, in the subset that a
// configuration needs: one document of mappings with text keys, lists and
// scalars. No anchors, aliases, merge keys or tags: each lets a file mean
// something else than it seems to say. The one file that knows yaml-cpp.
#ifndef SLUICE_LIBS_CONFIG_YAML_TREE_H_
#define SLUICE_LIBS_CONFIG_YAML_TREE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::config {

// Deeper nodes are faulty.
inline constexpr int kYamlDepthMax = 32;

// A place in the text; both count from 1, columns in characters.
struct Mark {
  int line = 1;
  int column = 1;
};

struct YamlEntry;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMapping };

  Kind kind = Kind::kNull;
  Mark mark;
  // What is not allowed about this node, with what to do instead; empty if all
  // is. A faulty node's other members mean nothing.
  std::string fault;
  // Of a scalar, after quotes and escapes.
  std::string text;
  bool quoted = false;
  std::vector<YamlNode> items;
  // In the order of the text; keys may repeat.
  std::vector<YamlEntry> entries;
};

struct YamlEntry {
  std::string key;
  Mark key_mark;
  YamlNode value;
};

// Why the text is no tree at all.
struct YamlSyntaxError {
  Mark mark;
  std::string problem;
};

// Parses `text` into `root`. False, with `error` set, if it is not valid UTF-8,
// not YAML, empty, or more than one document.
bool ParseYamlTree(absl::string_view text, YamlNode* root,
                   YamlSyntaxError* error);

}  // namespace sluice::config

#endif  // SLUICE_LIBS_CONFIG_YAML_TREE_H_

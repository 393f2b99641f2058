#include "libs/config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"

namespace sluice::config {
namespace {

// Turns yaml-cpp's marks, which count bytes from 0, into places a person sees.
class MarkReader {
 public:
  explicit MarkReader(absl::string_view text) : text_(text) {
    line_starts_.push_back(0);
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') line_starts_.push_back(i + 1);
    }
  }

  Mark Read(const YAML::Mark& mark) const { return At(mark.line, mark.column); }

  // `line` and `column` count from 0, columns in bytes.
  Mark At(int line, int column) const {
    if (line < 0 || static_cast<size_t>(line) >= line_starts_.size()) {
      return Mark{};
    }
    const absl::string_view rest = text_.substr(line_starts_[line]);
    Mark mark{line + 1, 1};
    for (int i = 0; i < column && static_cast<size_t>(i) < rest.size(); ++i) {
      // Continuation bytes of UTF-8 are no characters of their own.
      if ((static_cast<unsigned char>(rest[i]) & 0xC0) != 0x80) ++mark.column;
    }
    return mark;
  }

 private:
  const absl::string_view text_;
  std::vector<size_t> line_starts_;
};

constexpr char kAnchorFault[] =
    "has an anchor (&), which is not allowed; write the value out where it is "
    "used";
constexpr char kTagFault[] =
    "has a tag (!), which is not allowed; remove the tag";

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const MarkReader& marks) : marks_(marks) {}

  YamlNode TakeRoot() { return std::move(root_); }
  bool has_root() const { return has_root_; }
  Mark document_mark() const { return document_mark_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    document_mark_ = marks_.Read(mark);
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Attach(MakeNode(YamlNode::Kind::kNull, mark, "", anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    YamlNode node = MakeNode(YamlNode::Kind::kNull, mark, "", YAML::NullAnchor);
    node.fault = "is an alias (*), which is not allowed; write the value out";
    Attach(std::move(node));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    YamlNode node = MakeNode(YamlNode::Kind::kScalar, mark, tag, anchor);
    node.text = value;
    // The tag yaml-cpp gives to what stands in quotes and to block texts.
    node.quoted = tag == "!";
    Attach(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(MakeNode(YamlNode::Kind::kList, mark, tag, anchor));
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(MakeNode(YamlNode::Kind::kMapping, mark, tag, anchor));
  }
  void OnMapEnd() override { Close(); }

 private:
  // A list or mapping that is still being read.
  struct Frame {
    YamlNode node;
    // Of a mapping: whether the next node is a value, and the entry it
    // completes.
    bool has_key = false;
    YamlEntry entry;
  };

  YamlNode MakeNode(YamlNode::Kind kind, const YAML::Mark& mark,
                    const std::string& tag, YAML::anchor_t anchor) const {
    YamlNode node;
    node.kind = kind;
    node.mark = marks_.Read(mark);
    // "?" and "!" stand for no tag: plain, and quoted or block.
    if (!tag.empty() && tag != "?" && tag != "!") node.fault = kTagFault;
    if (anchor != YAML::NullAnchor) node.fault = kAnchorFault;
    return node;
  }

  void Open(YamlNode node) {
    ++depth_;
    if (depth_ <= kYamlDepthMax) {
      frames_.push_back({std::move(node), false, {}});
    } else if (depth_ == kYamlDepthMax + 1) {
      node.fault = absl::StrCat("is nested deeper than ", kYamlDepthMax,
                                " levels; nest it less deep");
      Attach(std::move(node), /*depth=*/kYamlDepthMax);
    }
  }

  void Close() {
    const int closed = depth_--;
    if (closed > kYamlDepthMax) return;
    YamlNode node = std::move(frames_.back().node);
    frames_.pop_back();
    Attach(std::move(node), depth_);
  }

  void Attach(YamlNode node) { Attach(std::move(node), depth_); }

  void Attach(YamlNode node, int depth) {
    if (depth > kYamlDepthMax) return;  // inside of what is faulty already
    if (frames_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.kind == YamlNode::Kind::kList) {
      frame.node.items.push_back(std::move(node));
      return;
    }
    if (!frame.has_key) {
      StartEntry(node, &frame);
      return;
    }
    // yaml-cpp places a missing value where the next thing begins.
    if (node.kind == YamlNode::Kind::kNull &&
        node.mark.line != frame.entry.key_mark.line) {
      node.mark = frame.entry.key_mark;
    }
    if (frame.entry.value.fault.empty()) frame.entry.value = std::move(node);
    frame.node.entries.push_back(std::move(frame.entry));
    frame.has_key = false;
  }

  // A key that is not allowed makes its value faulty, so that it is not
  // overlooked.
  static void StartEntry(const YamlNode& key, Frame* frame) {
    frame->has_key = true;
    frame->entry = YamlEntry{key.text, key.mark, {}};
    YamlNode& value = frame->entry.value;
    value.mark = key.mark;
    if (!key.fault.empty()) {
      value.fault = key.fault;
    } else if (key.kind == YamlNode::Kind::kNull) {
      value.fault = "has no name in front of the colon; give it one";
    } else if (key.kind != YamlNode::Kind::kScalar) {
      value.fault = "has a list or mapping as its name; use a text";
    } else if (key.text == "<<" && !key.quoted) {
      value.fault =
          "is a merge key, which is not allowed; write the fields out";
    }
  }

  const MarkReader& marks_;
  int depth_ = 0;
  std::vector<Frame> frames_;
  YamlNode root_;
  bool has_root_ = false;
  Mark document_mark_;
};

bool CheckCharacters(absl::string_view text, const MarkReader& marks,
                     YamlSyntaxError* error) {
  int line = 0;
  size_t line_start = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t length = Utf8CharacterLength(text.substr(i));
    if (length == 0 || text[i] == '\0') {
      error->mark = marks.At(line, static_cast<int>(i - line_start));
      error->problem = length == 0
                           ? "is not valid UTF-8; save the file as UTF-8"
                           : "has a zero byte; save the file as UTF-8 text";
      return false;
    }
    i += length;
    if (text[i - 1] == '\n') {
      ++line;
      line_start = i;
    }
  }
  return true;
}

}  // namespace

bool ParseYamlTree(absl::string_view text, YamlNode* root,
                   YamlSyntaxError* error) {
  const MarkReader marks(text);
  if (!CheckCharacters(text, marks, error)) return false;
  // yaml-cpp throws; nothing passes this border.
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(marks);
    if (!parser.HandleNextDocument(builder) || !builder.has_root()) {
      *error = {Mark{}, "is empty; write at least the required fields"};
      return false;
    }
    *root = builder.TakeRoot();
    TreeBuilder second(marks);
    if (parser.HandleNextDocument(second)) {
      *error = {second.document_mark(),
                "has a second document (---), which is not allowed; keep one"};
      return false;
    }
  } catch (const YAML::Exception& exception) {
    *error = {marks.Read(exception.mark),
              absl::StrCat("is not YAML (", exception.msg,
                           "); check indentation, quotes and brackets")};
    return false;
  } catch (const std::exception& exception) {
    *error = {Mark{}, absl::StrCat("cannot be parsed (", exception.what(),
                                   "); check that it is YAML")};
    return false;
  }
  return true;
}

}  // namespace sluice::config

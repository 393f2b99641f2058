#include "tests/fuzz/case_mutator.h"

#include <iterator>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "tests/fuzz/message_walk.h"
#include "tests/fuzz/utf8_mend.h"

namespace sluice::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// A message grows no further: what is larger finds nothing more and costs time.
constexpr size_t kMessageBytesMax = 16 * 1024;
constexpr size_t kTextBytesMax = 8 * 1024;
constexpr int kFillDepthMax = 3;

// What the operators look for, or stumble over.
const std::vector<std::string>& Words() {
  static const std::vector<std::string> words = {
      "11010519491231002X",
      "91350100M000100Y43",
      "13812345678",
      "4111111111111111",
      "zhang.wei@example.com",
      "京A12345",
      "京AD12345",
      "欧阳修",
      "买买提·艾力",
      "浙江省杭州市西湖区文二西路1号",
      "内蒙古自治区锡林郭勒盟苏尼特左旗",
      "110105001001",
      "116.397128,39.916527",
      "-180,90",
      "J45.0",
      "J45.0,J45,J00-J99\n",
      "2026-01-31",
      "2024-02-29",
      "2026-03-31T12:30:00Z",
      "0001-01-01",
      "9999-12-31",
      "0.5",
      "-1",
      "0.01",
      "1000",
      "99999999999999999999999999999999999999",
      "9223372036854775807",
      "-9223372036854775808",
      "0.00000000000000000000000000000000000001",
      "1e308",
      "true",
      "[0-9]+",
      "(^|.)x?",
      "[^a-z]{2,5}$",
      "0123456789",
      "abc",
      "ABCDEFGHIJ",
      "张伟王小明",
      "one-window",
      "*",
      "＊",
      "\xF0\xA0\x9C\x8E",
      "e\xCC\x81",
      "·",
      "@",
      "-",
      "\xE2\x80\x8B",
  };
  return words;
}

}  // namespace

void CaseMutator::Mutate(Message* message) {
  for (size_t changes = 1 + Below(4); changes > 0; --changes) {
    const std::vector<Message*> all = WalkMessages(message);
    Message* const at = all[Below(all.size())];
    const auto* descriptor = at->GetDescriptor();
    if (descriptor->field_count() == 0) continue;
    ChangeField(at, descriptor->field(
                        static_cast<int>(Below(descriptor->field_count()))));
  }
}

void CaseMutator::CrossOver(const Message& other, Message* message) {
  const std::unique_ptr<Message> copy(other.New());
  copy->CopyFrom(other);
  const std::vector<Message*> from = WalkMessages(copy.get());
  const std::vector<Message*> to = WalkMessages(message);
  // The first of a type that both have, from somewhere on.
  const size_t begin = Below(from.size());
  Message* const target = to[Below(to.size())];
  for (size_t i = 0; i < from.size(); ++i) {
    const Message* const source = from[(begin + i) % from.size()];
    if (source->GetDescriptor() != target->GetDescriptor()) continue;
    target->CopyFrom(*source);
    return;
  }
}

void CaseMutator::ChangeField(Message* message, const Field* field) {
  if (field->is_repeated()) {
    ChangeRepeated(message, field);
  } else if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
    ChangeMessage(message, field);
  } else if (Below(8) == 0) {
    message->GetReflection()->ClearField(message, field);
  } else {
    SetScalar(message, field);
  }
}

void CaseMutator::ChangeMessage(Message* message, const Field* field) {
  const Reflection* reflection = message->GetReflection();
  const bool had = reflection->HasField(*message, field);
  if (had && Below(3) == 0) {
    reflection->ClearField(message, field);
    return;
  }
  FillIn(reflection->MutableMessage(message, field), had ? kFillDepthMax : 0);
}

void CaseMutator::ChangeRepeated(Message* message, const Field* field) {
  const Reflection* reflection = message->GetReflection();
  const int size = reflection->FieldSize(*message, field);
  const bool may_grow = message->ByteSizeLong() < kMessageBytesMax;
  if (size == 0 || (may_grow && Below(2) == 0)) {
    if (field->cpp_type() != Field::CPPTYPE_MESSAGE) {
      AddScalar(message, field);
      return;
    }
    Message* const added = reflection->AddMessage(message, field);
    if (size > 0 && Below(2) == 0) {
      added->CopyFrom(reflection->GetRepeatedMessage(
          *message, field, static_cast<int>(Below(size))));
    } else {
      FillIn(added, 0);
    }
    return;
  }
  const int at = static_cast<int>(Below(size));
  reflection->SwapElements(message, field, at, size - 1);
  if (Below(2) == 0) reflection->RemoveLast(message, field);
}

void CaseMutator::FillIn(Message* message, int depth) {
  if (depth > kFillDepthMax) return;
  const auto* descriptor = message->GetDescriptor();
  if (descriptor->field_count() == 0) return;
  const Reflection* reflection = message->GetReflection();
  for (size_t left = 1 + Below(3); left > 0; --left) {
    const Field* field =
        descriptor->field(static_cast<int>(Below(descriptor->field_count())));
    const bool is_message = field->cpp_type() == Field::CPPTYPE_MESSAGE;
    if (is_message) {
      FillIn(field->is_repeated() ? reflection->AddMessage(message, field)
                                  : reflection->MutableMessage(message, field),
             depth + 1);
    } else if (field->is_repeated()) {
      AddScalar(message, field);
    } else {
      SetScalar(message, field);
    }
  }
}

void CaseMutator::SetScalar(Message* message, const Field* field) {
  const Reflection* to = message->GetReflection();
  switch (field->cpp_type()) {
    case Field::CPPTYPE_INT32:
      to->SetInt32(message, field,
                   static_cast<int32_t>(Number(to->GetInt32(*message, field))));
      return;
    case Field::CPPTYPE_INT64:
      to->SetInt64(message, field, Number(to->GetInt64(*message, field)));
      return;
    case Field::CPPTYPE_UINT32:
      to->SetUInt32(
          message, field,
          static_cast<uint32_t>(Number(to->GetUInt32(*message, field))));
      return;
    case Field::CPPTYPE_UINT64:
      to->SetUInt64(message, field,
                    static_cast<uint64_t>(Number(
                        static_cast<int64_t>(to->GetUInt64(*message, field)))));
      return;
    case Field::CPPTYPE_DOUBLE:
      to->SetDouble(message, field, Real(to->GetDouble(*message, field)));
      return;
    case Field::CPPTYPE_FLOAT:
      to->SetFloat(message, field,
                   static_cast<float>(Real(to->GetFloat(*message, field))));
      return;
    case Field::CPPTYPE_BOOL:
      to->SetBool(message, field, !to->GetBool(*message, field));
      return;
    case Field::CPPTYPE_ENUM:
      to->SetEnumValue(message, field, EnumNumber(field));
      return;
    case Field::CPPTYPE_STRING:
      to->SetString(message, field,
                    Text(to->GetString(*message, field), field));
      return;
    case Field::CPPTYPE_MESSAGE:
      return;
  }
}

void CaseMutator::AddScalar(Message* message, const Field* field) {
  const Reflection* to = message->GetReflection();
  switch (field->cpp_type()) {
    case Field::CPPTYPE_ENUM:
      to->AddEnumValue(message, field, EnumNumber(field));
      return;
    case Field::CPPTYPE_STRING:
      to->AddString(message, field, Text("", field));
      return;
    case Field::CPPTYPE_UINT32:
      to->AddUInt32(message, field, static_cast<uint32_t>(Number(0)));
      return;
    case Field::CPPTYPE_INT64:
      to->AddInt64(message, field, Number(0));
      return;
    default:
      // Nothing repeats these.
      return;
  }
}

int64_t CaseMutator::Number(int64_t was) {
  switch (Below(6)) {
    case 0:
      return static_cast<int64_t>(Below(4));
    case 1:
      return static_cast<int64_t>(Below(200));
    case 2:
      return static_cast<int64_t>(static_cast<uint64_t>(was) +
                                  (Below(2) == 0 ? 1 : ~uint64_t{0}));
    case 3:
      return static_cast<int64_t>(static_cast<uint64_t>(was) ^
                                  uint64_t{1} << Below(64));
    case 4:
      return Below(2) == 0 ? std::numeric_limits<int64_t>::min()
                           : std::numeric_limits<int64_t>::max();
    default:
      return static_cast<int64_t>(uint64_t{random_()} << 32 | random_());
  }
}

double CaseMutator::Real(double was) {
  constexpr double kSpecial[] = {0.0,
                                 -0.0,
                                 0.5,
                                 -1.5,
                                 1e15,
                                 -1e300,
                                 5e-324,
                                 std::numeric_limits<double>::max(),
                                 std::numeric_limits<double>::infinity(),
                                 std::numeric_limits<double>::quiet_NaN()};
  if (Below(2) == 0) return kSpecial[Below(std::size(kSpecial))];
  return Below(2) == 0 ? was * 3 + 0.1 : static_cast<double>(Number(0)) / 8;
}

int CaseMutator::EnumNumber(const Field* field) {
  const auto* type = field->enum_type();
  // Once in a while a number that its enum does not name.
  if (Below(64) == 0) return static_cast<int>(Below(300));
  return type->value(static_cast<int>(Below(type->value_count())))->number();
}

std::string CaseMutator::Text(std::string was, const Field* field) {
  std::string text = std::move(was);
  switch (Below(6)) {
    case 0:
      text = Words()[Below(Words().size())];
      break;
    case 1:
      text.insert(Below(text.size() + 1), Words()[Below(Words().size())]);
      break;
    case 2:
      if (!text.empty()) {
        const size_t at = Below(text.size());
        text.erase(at, 1 + Below(text.size() - at));
      }
      break;
    case 3:
      text += text;
      break;
    default:
      change_bytes_(&text);
  }
  if (field->type() == Field::TYPE_STRING) return MendUtf8(text, kTextBytesMax);
  if (text.size() > kTextBytesMax) text.resize(kTextBytesMax);
  return text;
}

}  // namespace sluice::fuzz

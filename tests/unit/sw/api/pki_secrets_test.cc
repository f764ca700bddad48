#include "sw/api/pki_secrets.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace vam::api {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::array<std::string_view, 4> kSecret = {"certify.challenge_password", "import.data",
                                                     "import.passphrase", "export.passphrase"};
// A new field belongs here or above.
constexpr std::array<std::string_view, 11> kPublic = {
    "generate.label",  "remove.label",     "list.label",        "certify.label",
    "certify.subject", "certify.dns_name", "certify.email",     "certify.address",
    "import.label",    "export.label",     "export.certificate"};
const std::string kText = "sesame-1234";

bool IsText(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
}

void FillTexts(Message& message) {
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (!IsText(*field)) continue;
    if (field->is_repeated()) {
      message.GetReflection()->AddString(&message, field, kText);
    } else {
      message.GetReflection()->SetString(&message, field, kText);
    }
  }
}

void ExpectWiped(const std::string& operation, const Message& message) {
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (!IsText(*field)) continue;
    const std::string name = operation + "." + field->name();
    const bool secret = std::ranges::count(kSecret, name) == 1;
    const bool open = std::ranges::count(kPublic, name) == 1;
    EXPECT_NE(secret, open) << name << " is neither said to be secret nor not to be";
    const std::string left = field->is_repeated()
                                 ? message.GetReflection()->GetRepeatedString(message, field, 0)
                                 : message.GetReflection()->GetString(message, field);
    EXPECT_EQ(left, secret ? std::string(kText.size(), '\0') : kText) << name;
  }
}

TEST(PkiSecretsTest, WipesAllSecretsOfEveryOperationAndNothingElse) {
  const auto* operations = KeyRequest::descriptor()->FindOneofByName("operation");
  ASSERT_EQ(operations->field_count(), KeyRequest::descriptor()->field_count());
  for (int i = 0; i < operations->field_count(); ++i) {
    const FieldDescriptor* field = operations->field(i);
    KeyRequest request;
    Message& operation = *request.GetReflection()->MutableMessage(&request, field);
    FillTexts(operation);
    WipeSecrets(request);
    ExpectWiped(field->name(), operation);
  }
}

TEST(PkiSecretsTest, AnEmptyRequestStaysEmpty) {
  KeyRequest request;
  WipeSecrets(request);
  EXPECT_EQ(request.ByteSizeLong(), 0u);
}

}  // namespace
}  // namespace vam::api

// Columns as registers of departments hold them, drawn anew from one seed each
// time: what a measurement treats.
#ifndef SLUICE_TESTS_BENCH_DESENSITIZE_COLUMNS_H_
#define SLUICE_TESTS_BENCH_DESENSITIZE_COLUMNS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include "libs/records/batch.h"

namespace sluice::bench {

using Random = std::mt19937_64;

// Of each column, as a batch of ordinary size has.
inline constexpr uint32_t kRows = 4096;

// Texts made one by one.
records::Column Texts(const std::function<std::string(Random*)>& make);

// Makers for Texts.
std::string Digits(size_t count, Random* random);
// Valid ones, with their check characters.
std::string ResidentId(Random* random);
std::string Uscc(Random* random);
std::string Card(Random* random);
std::string Phone(Random* random);
// The commonest family names, and a compound one now and then, as in a register
// of residents.
std::string Name(Random* random);
// Numbers of contracts, files and licences, of 8 to 20 characters.
std::string FileNumber(Random* random);
// One in three is of a new-energy vehicle; one in a hundred ends in a
// character.
std::string Plate(Random* random);
std::string Address(Random* random);
std::string Email(Random* random);
// A longitude and a latitude of six decimals.
std::string Point(Random* random);
// Of the codes that DiagnosisTable() holds.
std::string Diagnosis(Random* random);
// Every third a category, which has no decimal.
std::string DiagnosisOrCategory(Random* random);

// 2,000 codes like those of ICD-10, and their 400 categories, with two levels
// above each, as CSV that stands between quotes in YAML: categories, of one
// size, and chapters, of one to five bytes.
std::string DiagnosisTable();

records::Column Dates();
// Of any second of twelve years.
records::Column Times();
records::Column Integers();
// Amounts of money: some cents to a million, small ones more often.
records::Column Amounts();
records::Column Doubles();

// Every tenth row is null. Texts and dates alone.
records::Column WithNulls(const records::Column& column);

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_DESENSITIZE_COLUMNS_H_

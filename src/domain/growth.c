#include "domain/growth.h"

#include <math.h>

/* Median height in whole centimetres at each year of age: WHO Child Growth
 * Standards (2006, to 5 years), WHO Growth Reference (2007, from 5 years). */
#define GROWN_YEARS 18
static const double boys_cm[GROWN_YEARS + 1] = {
    50,  76,  87,  96,  103, 110, 116, 122, 127, 133,
    138, 143, 149, 156, 163, 169, 173, 175, 176};
static const double girls_cm[GROWN_YEARS + 1] = {
    49,  74,  86,  95,  103, 109, 115, 121, 127, 132,
    139, 145, 151, 156, 160, 162, 163, 163, 163};

static double median_cm(const double *by_year, double months)
{
    double years = fmin(months / 12, GROWN_YEARS);
    int year = (int)years;

    if (year == GROWN_YEARS)
        return by_year[GROWN_YEARS];
    return by_year[year] + (by_year[year + 1] - by_year[year]) * (years - year);
}

double growth_cm(Tocsin__V1__Sex sex, double months, double passed)
{
    double boy =
        median_cm(boys_cm, months + passed) - median_cm(boys_cm, months);
    double girl =
        median_cm(girls_cm, months + passed) - median_cm(girls_cm, months);

    if (sex == TOCSIN__V1__SEX__SEX_MALE)
        return boy;
    return sex == TOCSIN__V1__SEX__SEX_FEMALE ? girl : (boy + girl) / 2;
}

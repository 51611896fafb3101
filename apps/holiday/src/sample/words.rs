//! The words the sample data is made of.

/// (category, activity) pairs.
pub(super) const ACTIVITIES: &[(&str, &str)] = &[
    ("sport", "Soccer"),
    ("sport", "Netball"),
    ("sport", "Tennis"),
    ("sport", "Cricket"),
    ("sport", "Gymnastics"),
    ("sport", "Basketball"),
    ("water", "Surfing"),
    ("water", "Sailing"),
    ("water", "Learn to Swim"),
    ("water", "Nippers"),
    ("science", "Robotics"),
    ("science", "Coding"),
    ("science", "Rockets"),
    ("science", "Astronomy"),
    ("science", "Young Chemists"),
    ("arts", "Painting"),
    ("arts", "Pottery"),
    ("arts", "Drama"),
    ("arts", "Film Making"),
    ("music", "Guitar"),
    ("music", "Choir"),
    ("music", "Drumming"),
    ("nature", "Bush Explorers"),
    ("nature", "Junior Rangers"),
    ("nature", "Farm Life"),
    ("food", "Cooking"),
    ("food", "Baking"),
    ("games", "Chess"),
    ("games", "LEGO Masters"),
    ("dance", "Hip Hop"),
    ("dance", "Ballet"),
];

/// What a programme is called beside its activity.
pub(super) const KINDS: &[&str] =
    &["Camp", "Workshop", "Adventure", "Academy", "Club", "Intensive", "Play Days", "Discovery"];

/// The first word of a provider's name, after its suburb.
pub(super) const PROVIDER_STYLES: &[&str] = &[
    "Kids",
    "Active",
    "Bright Sparks",
    "Little Explorers",
    "Holiday",
    "Community",
    "Junior",
    "Sunshine",
    "Next Step",
];

/// The last word of a provider's name.
pub(super) const PROVIDER_KINDS: &[&str] =
    &["Club", "Academy", "Studio", "Centre", "School", "Co-op", "Collective"];

/// (first age, last age): what programmes are commonly for. Every age from 0 to 17 is served by several.
pub(super) const AGES: &[(u8, u8)] = &[
    (0, 2),
    (0, 4),
    (1, 3),
    (2, 4),
    (3, 4),
    (3, 5),
    (5, 7),
    (5, 8),
    (5, 12),
    (6, 9),
    (7, 10),
    (8, 12),
    (9, 14),
    (10, 13),
    (12, 16),
    (13, 17),
    (15, 17),
];

/// (first day, last day): the school holidays of New South Wales, week by week.
pub(super) const WEEKS: &[(&str, &str)] = &[
    ("2026-09-28", "2026-10-02"),
    ("2026-10-05", "2026-10-09"),
    ("2026-12-21", "2026-12-24"),
    ("2027-01-04", "2027-01-08"),
    ("2027-01-11", "2027-01-15"),
    ("2027-01-18", "2027-01-22"),
    ("2027-04-12", "2027-04-16"),
    ("2027-04-19", "2027-04-23"),
    ("2027-07-05", "2027-07-09"),
    ("2027-07-12", "2027-07-16"),
];

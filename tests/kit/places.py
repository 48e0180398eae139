"""Where the tests play: invented nodes at real places, and what to call them."""

LUOHU = ("T-LUOHU", "border", "440303", (22.532, 114.113))
FUTIAN = ("T-FUTIAN", "railway", "440304", (22.522, 114.056))
NANSHAN = ("T-NANSHAN", "port", "440305", (22.480, 113.880))
BAOAN = ("T-BAOAN", "airport", "440306", (22.639, 113.811))
TIANHE = ("T-TIANHE", "railway", "440106", (23.150, 113.325))
DONGCHENG = ("T-DONGCHENG", "railway", "110101", (39.903, 116.427))

SHENZHEN = "440300"
GUANGDONG = "440000"
BEIJING = "110000"

IN_SHENZHEN = [LUOHU, FUTIAN, NANSHAN, BAOAN]
SEEN = (22.545, 114.068)  # in the middle of Shenzhen

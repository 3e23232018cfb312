//! Names of the demo: made up from syllables, so that nobody real is meant. The pages say so.

use kernel::Entropy;

const SURNAMES: [&str; 24] = [
    "甘", "柏", "时", "项", "祝", "闵", "麻", "贾", "娄", "江", "童", "颜", "郭", "梅", "盛", "林",
    "刁", "钟", "徐", "邱", "骆", "高", "夏", "蔡",
];
const GIVEN: [&str; 32] = [
    "春和", "长青", "守田", "映禾", "秋实", "志远", "晓棠", "立夏", "明溪", "景行", "若谷", "知新",
    "向阳", "云舒", "怀瑾", "青川", "小满", "望舒", "泽安", "采薇", "如松", "含章", "思齐", "乐耕",
    "静远", "清和", "雨田", "兰亭", "允升", "柏年", "书禾", "南乔",
];
const VILLAGES: [&str; 24] = [
    "青禾", "柳湾", "石埠", "梅岭", "双溪", "白鹭", "枫树", "茶坡", "龙潭", "竹源", "桃坞", "杨店",
    "荷塘", "松岭", "清泉", "麦田", "槐荫", "云台", "古井", "月形", "樟树", "平桥", "雁落", "桂花",
];

fn pick<'a>(door: &mut Entropy, from: &[&'a str]) -> &'a str {
    let [byte] = door.bytes();
    from.get(usize::from(byte) % from.len()).copied().unwrap_or_default()
}

/// A person's name.
pub fn person(door: &mut Entropy) -> String {
    format!("{}{}", pick(door, &SURNAMES), pick(door, &GIVEN))
}

/// The name of the village with this number: each once, then with a number.
pub fn village(number: usize) -> String {
    let base = VILLAGES[number % VILLAGES.len()];
    match number / VILLAGES.len() {
        0 => format!("{base}村"),
        round => format!(
            "{base}{}村",
            ["一", "二", "三", "四", "五", "六", "七", "八", "九"][(round - 1) % 9]
        ),
    }
}

/// A number below `below`.
pub fn below(door: &mut Entropy, below: u64) -> u64 {
    u64::from_be_bytes(door.bytes()) % below.max(1)
}

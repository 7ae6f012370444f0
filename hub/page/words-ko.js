// Korean.

export default {
  'No host matches.': '일치하는 호스트가 없습니다.',
};

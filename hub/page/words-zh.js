// Chinese, in simplified characters.

export default {
  'No host matches.': '没有匹配的主机。',
};

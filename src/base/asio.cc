// The one translation unit that compiles Asio; every other file only declares it
// (cmake/toolchain.cmake). Its SSL part and Beast are compiled in platform/io/asio.cc.
#include <boost/asio/impl/src.hpp>
